"""Addresses as people type them."""

import pytest

from custom_components.bernau_smartcity.model import NetworkError, Reason
from custom_components.bernau_smartcity.network._address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "expected", "target"),
    [
        ("http://host:8080", Address("host", 8080, tls=False), "host:8080"),
        ("https://host", Address("host", 443, tls=True), "host:443"),
        ("https://host:8443/", Address("host", 8443, tls=True), "host:8443"),
        ("host:9090", Address("host", 9090, tls=False), "host:9090"),
        ("host", Address("host", 8080, tls=False), "host:8080"),
        ("http://host", Address("host", 8080, tls=False), "host:8080"),
        (
            " HTTP://Lora.Bernau.DE:80 ",
            Address("lora.bernau.de", 80, tls=False),
            "lora.bernau.de:80",
        ),
        ("my_stack-1.local", Address("my_stack-1.local", 8080, tls=False), "my_stack-1.local:8080"),
        ("192.0.2.7:8080", Address("192.0.2.7", 8080, tls=False), "192.0.2.7:8080"),
        (
            "http://[2001:DB8::7]:8080",
            Address("2001:db8::7", 8080, tls=False),
            "[2001:db8::7]:8080",
        ),
        ("[::1]", Address("::1", 8080, tls=False), "[::1]:8080"),
        ("https://[fe80::1%eth0]", Address("fe80::1%eth0", 443, tls=True), "[fe80::1%eth0]:443"),
        (
            "https://lora.münchen.de",
            Address("lora.xn--mnchen-3ya.de", 443, tls=True),
            "lora.xn--mnchen-3ya.de:443",
        ),
        (
            "http://host:8080/#/tenants/1/applications",
            Address("host", 8080, tls=False),
            "host:8080",
        ),
    ],
)
def test_addresses(text: str, expected: Address, target: str) -> None:
    """Host, port and TLS, with ChirpStack's port where none is given."""
    address = parse_address(text, plain_port=8080)
    assert address == expected
    assert address.target == target


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "http://",
        "https://:8080",
        "ftp://host",
        "mqtt://host:1883",
        "http://host/api",
        "http://host:8080/?a=secret",
        "http://user:secret@host",
        "secret@host:8080",
        "http://host:port-secret",
        "http://host:0",
        "http://host:65536",
        "http://ho st",
        "http://host\\secret",
        "::1",
        "http://[::1",
        "http://[secret]",
        "a..b",
        "x" * 64 + ".de",
        "http://host,other",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Refused before anything is sent, and never repeated in the error."""
    with pytest.raises(NetworkError) as caught:
        parse_address(text, plain_port=8080)
    assert caught.value.reason is Reason.ADDRESS_INVALID
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
