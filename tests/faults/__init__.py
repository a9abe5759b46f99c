"""Everything that can go wrong, at any time: nothing is missing and every hour is true."""
