"""The encoders give the bytes of published examples."""

from datetime import datetime

import pytest

from simulator.payloads import (
    axioma_qalcosonic_w1,
    bosch_tps110,
    browan_tbms100,
    elsys,
    elvaco_cmi4110,
    esp32_paxcounter,
    eurecam_comptipix,
    hkt_people_counter,
    imbuildings,
    klax,
    libelium_smart_parking,
    merryiot_ms10,
    milesight,
    milesight_vs3,
    milesight_vs121,
    milesight_vs321,
    milesight_vs360,
    milesight_vs373,
    nwave,
    parametric_pcr2,
    parametric_tcr,
    pipiot_peoplesense,
    pni_placepod,
    sensative_strips_presence,
    tektelic_smart_room,
    terabee,
    yosensi_people_counter,
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
    pytest.param(
        bosch_tps110.encode(taken=True, celsius=-1),
        "01ff",
        # TheThingsNetwork/lorawan-devices vendor/bosch/tps110-0292-codec.yaml
        id="bosch_tps110",
    ),
    pytest.param(
        browan_tbms100.encode(
            moved=True, capacity=11, decivolts=36, celsius=20, minutes=4, movements=96476
        ),
        "01bb340400dc7801",
        # TheThingsNetwork/lorawan-devices vendor/browan/tbms100-codec.yaml
        id="browan_tbms100",
    ),
    pytest.param(
        merryiot_ms10.encode(
            state=7, decivolts=28, celsius=21, humidity=68, minutes=300, movements=1000
        ),
        "070715442c01e80300",
        # actility/device-catalog vendors/merryiot/drivers/ms10/examples.json
        id="merryiot_ms10",
    ),
    pytest.param(
        elsys.encode(temperature=226, humidity=41, light=39, movements=6, occupancy=elsys.PENDING),
        "0100e2022904002705061101",
        # TheThingsNetwork/lorawan-devices vendor/elsys/ers-eye-codec.yaml
        id="elsys_ers_eye",
    ),
    pytest.param(
        esp32_paxcounter.encode(wifi=7, bluetooth=3),
        "07000300",
        # TheThingsNetwork/lorawan-devices vendor/opensource/esp32-paxcounter-codec.yaml
        id="esp32_paxcounter",
    ),
    pytest.param(
        hkt_people_counter.encode(total=(200, 200), period=(120, 150)),
        "686b7400070700780096000000c8000000c8",
        # akenza-io/device-type-library types/hkt/peopleCounter/uplink.spec.js
        id="hkt_people_counter",
    ),
    pytest.param(
        imbuildings.encode(
            identity="0004a30b00f6b569",
            device=8,
            centivolts=248,
            period=(3, 2),
            sensor=imbuildings.BATTERY_LOW,
            total=(1539, 1510),
            number=97,
        ),
        "02060004a30b00f6b5690800f80003000220060305e661",
        # the maker's example of variant 6
        id="imbuildings_people_counter",
    ),
    pytest.param(
        libelium_smart_parking.encode(
            taken=False,
            kind=libelium_smart_parking.INFO,
            number=110,
            celsius=9,
            field=bytes.fromhex("00390000000000"),
        ),
        "006e000900390000000000",
        # ZennerIoT/element-parsers lib/libelium_smart-parking_v3.ex
        id="libelium_smart_parking",
    ),
    pytest.param(
        milesight_vs3.encode(taken=True, bright=False, battery=100),
        "017564030001040000",
        # Milesight-IoT/SensorDecoders vs-series/vs370/README.md
        id="milesight_vs370",
    ),
    pytest.param(
        milesight_vs321.encode(
            battery=100, temperature=272, humidity=10, people=300, desks=[True, True], bright=True
        ),
        "0175640367100104680a05fd2c0106fe0300030007ff01",
        # TheThingsNetwork/lorawan-devices vendor/milesight-iot/vs321-codec.yaml
        id="milesight_vs321",
    ),
    pytest.param(
        milesight_vs360.encode(battery=100, node_battery=100, total=(18, 22), period=(19, 20)),
        "01756402756404cc1200160005cc13001400",
        # TheThingsNetwork/lorawan-devices vendor/milesight-iot/vs360-codec.yaml
        id="milesight_vs360",
    ),
    pytest.param(
        milesight_vs373.encode(
            taken=False, seconds=16, today=32, regions=[False, True, False, True]
        ),
        "03f801001000200004f901000100",
        # TheThingsNetwork/lorawan-devices vendor/milesight-iot/vs373-codec.yaml
        id="milesight_vs373",
    ),
    pytest.param(
        nwave.change(taken=True, before=74),
        "95",
        # TheThingsNetwork/lorawan-devices vendor/nwave/nps405-codec.yaml
        id="nwave_nps405",
    ),
    pytest.param(
        nwave.alive(taken=False, millivolts=3344, half_degrees=-20, for_the_maker=b"\x00\x59\x0b"),
        "00d3d800590b",
        # TheThingsNetwork/lorawan-devices vendor/nwave/nps405-codec.yaml
        id="nwave_nps405 alive",
    ),
    pytest.param(
        nwave.count(1706),
        "06aa",
        # TheThingsNetwork/lorawan-devices vendor/nwave/ncc405-codec.yaml
        id="nwave_ncc405",
    ),
    pytest.param(
        parametric_tcr.encode(
            battery=7360,
            solar=0,
            temperature=160,
            classes=[((1, 8), (0, 0)), *[((0, 0), (0, 0))] * 3],
        ),
        "be02021cc0000000a0000108000000000000000000000000000000000000000000",
        # ZennerIoT/element-parsers lib/parametric_tcr.ex
        id="parametric_tcr",
    ),
    pytest.param(
        pipiot_peoplesense.encode(centivolts=705, parts=(0, 4, 2, 1, 2), celsius=21, flags=1),
        "108d00090000400801008115",
        # akenza-io/device-type-library types/pipiot/peopleSense/uplink.spec.js
        id="pipiot_peoplesense",
    ),
    pytest.param(
        pni_placepod.encode(centivolts=365, temperature=225, taken=False),
        "0302016d026700e1156600",
        # ZennerIoT/element-parsers lib/pni_placepods.ex
        id="pni_placepod",
    ),
    pytest.param(
        sensative_strips_presence.NOTHING_STORED + sensative_strips_presence.battery(91),
        "ffff015b",
        # akenza-io/device-type-library types/sensative/presence/uplink.spec.js, its beginning
        id="sensative_strips_presence",
    ),
    pytest.param(
        tektelic_smart_room.climate(temperature=236, humidity=62, centivolts=316),
        "036700ec04683e00ff013c",
        # akenza-io/device-type-library types/tektelic/smartRoomPIR/uplink.spec.js
        id="tektelic_smart_room",
    ),
    pytest.param(
        tektelic_smart_room.motion(moves=True),
        "0a00ff",
        # akenza-io/device-type-library types/tektelic/smartRoomPIR/uplink.spec.js
        id="tektelic_smart_room motion",
    ),
    pytest.param(
        terabee.encode(total=(200, 456)),
        "000000c8000001c800",
        # TheThingsNetwork/lorawan-devices vendor/terabee/people-flow-counting-l-xl-codec.yaml
        id="terabee_l_xl",
    ),
    pytest.param(
        yosensi_people_counter.encode(number=107, age=61, period=(8, 10), total=(38, 77)),
        "026b003d60001100000860001101000a6000130200000026600013030000004d60001304ffffffd9",
        # akenza-io/device-type-library types/yosensi/YO-PeopleCounter/uplink.spec.js
        id="yosensi_people_counter",
    ),
    pytest.param(
        milesight_vs121.encode(
            people=3,
            regions=(1, 0, 0, 0, 0, 1, 0, 1),
            period=(2, 1),
            most=5,
            flows=((256, 512, 0, 0), (0, 0, 0, 0), (0, 0, 0, 4608), (0, 0, 0, 0)),
        ),
        "04c9030800a1"
        "05cc02000100"
        "06cd05"
        "09da00010002000000000ada00000000000000000bda00000000000000120cda0000000000000000",
        # Milesight-IoT/SensorDecoders vs-series/vs121/README.md, one element after the other
        id="milesight_vs121",
    ),
    pytest.param(
        eurecam_comptipix.encode(lines=[(0, 0, 0, 0, 0), *[(1, 0, 0, 0, 0)] * 3], clock=1740586241),
        (
            b'{"line_counting_1":[0,0,0,0,0],"line_counting_2":[1,0,0,0,0],'
            b'"line_counting_3":[1,0,0,0,0],"line_counting_4":[1,0,0,0,0],'
            b'"rtc_utc_time":"2025-02-26 16:10:41"}'
        ).hex(),
        # actility/device-catalog vendors/eurecam/drivers/comptipix/examples.json
        id="eurecam_comptipix",
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
