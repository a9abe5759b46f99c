"""From what meters show to what was consumed."""
