"""What is known of devices and durably kept; it blocks, and knows no Home Assistant."""
