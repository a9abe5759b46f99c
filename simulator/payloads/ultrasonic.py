"""An ultrasonic water meter whose format only the network server knows.

Litres, litres an hour and percent of the battery, most significant byte first.
"""

import struct

F_PORT = 12


def encode(*, litres: int, litres_per_hour: int, battery: int) -> bytes:
    """Encode the register, the flow and the battery."""
    return struct.pack(">IHB", litres % 2**32, litres_per_hour, battery)
