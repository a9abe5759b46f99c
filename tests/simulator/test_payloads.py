"""The encoders give the bytes of published examples."""

from datetime import datetime

import pytest

from simulator.payloads import (
    axioma_qalcosonic_w1,
    elvaco_cmi4110,
    klax,
    milesight,
    parametric_pcr2,
)

PUBLISHED = [
    pytest.param(
        elvaco_cmi4110.encode(
            energy=124638,
            volume=539705,
            power=152,
            flow=657,
            flow_temperature=305,
            return_temperature=105,
            serial=68824789,
            clock=datetime.fromisoformat("2018-03-20T17:50+01:00").timestamp(),
        ),
        "000c06384612000c14059753000b2d5201000b3b5706000a5a05030a5e05010c7889478268"
        "046d3231542302fd170000",
        # Elvaco CMi4110 User's Manual, by ZennerIoT/element-parsers lib/elvaco_cmi4110.ex
        id="elvaco_cmi4110 with clock",
    ),
    pytest.param(
        elvaco_cmi4110.encode(
            energy=2616752,
            volume=998997,
            power=0,
            flow=0,
            flow_temperature=633,
            return_temperature=541,
            serial=66031129,
            clock=None,
        ),
        "000c06526761020c14978999000b2d0000000b3b0000000a5a33060a5e41050c782911036602fd170000",
        # TheThingsNetwork/lorawan-devices vendor/elvaco/cmi4110-codec.yaml
        id="elvaco_cmi4110",
    ),
    pytest.param(
        axioma_qalcosonic_w1.encode(
            clock=1625802687,
            status=0,
            volume=103720,
            log_clock=1625745600,
            log=(
                *(103415, 103445, 103449, 103464, 103475, 103507, 103512, 103541, 103625),
                *(103670, 103685, 103695, 103705, 103705, 103708, 103711),
            ),
        ),
        "bfc7e7600028950100c0e8e660f79301001e0004000f000b00200005001d0054002d000f000a000a00"
        "000003000300",
        # TheThingsNetwork/lorawan-devices vendor/axioma/qalcosonic-w1-codec.yaml
        id="axioma_qalcosonic_w1",
    ),
    pytest.param(
        klax.encode(
            battery=100,
            index=221,
            server_id=klax.server_id("EMH", 7273743),
            registers=[(12442000, 12442000, 12442000, 12441000)],
        ),
        "004add11030901454d4800006efd0f01390100bdd99000bdd99000bdd99000bdd5a8"
        + "00" * 16
        + "017500"
        + "00" * 32,
        # TheThingsNetwork/lorawan-devices vendor/alpha-omega-technology/klax
        id="klax",
    ),
    pytest.param(
        klax.encode(
            battery=90,
            index=53,
            server_id=bytes.fromhex("0a014954520003468480"),
            registers=[(67000,) * 4, (2000,) * 4],
        ),
        "00493511030a0149545200034684800"
        "1b911000105b8000105b8000105b8000105b8000007d0000007d0000007d0000007d0"
        "017500" + "00" * 32,
        # ZennerIoT/element-parsers lib/comtac_klax.ex
        id="klax with feed-in",
    ),
    pytest.param(
        milesight.em300_di(pulses=256, battery=92, temperature=None, humidity=None),
        "01755c05c800010000",
        # TheThingsNetwork/lorawan-devices vendor/milesight-iot/em300-di-codec.yaml
        id="milesight_em300_di",
    ),
    pytest.param(
        milesight.vs350(total=(18, 22), period=(19, 20)),
        "04cc1200160005cc13001400",
        # Milesight-IoT/SensorDecoders vs-series/vs351/README.md (same elements as the VS350)
        id="milesight_vs350",
    ),
    pytest.param(
        milesight.vs133(totals=[(72, 200), (0, 0)], periods=[(0, 0), (0, 0)]),
        "03d24800000004d2c800000006d20000000007d20000000005cc0000000008cc00000000",
        # TheThingsNetwork/lorawan-devices vendor/milesight-iot/vs133-codec.yaml
        id="milesight_vs133",
    ),
    pytest.param(
        parametric_pcr2.encode(
            period=(1, 2), total=(3, 4), battery=7200, solar=3300, temperature=313
        ),
        "be010400010002000300041c200ce40139",
        # TheThingsNetwork/lorawan-devices vendor/parametric/pcr2-codec.yaml
        id="parametric_pcr2",
    ),
]


@pytest.mark.parametrize(("payload", "published"), PUBLISHED)
def test_published(payload: bytes, published: str) -> None:
    """Byte by byte."""
    assert payload.hex() == published


def test_totals_of_two_bytes_wrap() -> None:
    """As the devices' do."""
    assert milesight.vs350(total=(65537, 65535), period=(0, 0)).hex()[:12] == "04cc0100ffff"
    frame = parametric_pcr2.encode(
        period=(0, 0), total=(65536, 65538), battery=0, solar=0, temperature=-5
    )
    assert frame.hex()[14:22] == "00000002"
