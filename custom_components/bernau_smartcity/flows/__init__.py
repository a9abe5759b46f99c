"""The steps of the dialogs in which people set an entry up and choose its options."""
