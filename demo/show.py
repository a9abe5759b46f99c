"""The interactive demo: set up, say what to look at, and run until someone has seen enough."""

import json
from typing import Final

from aiohttp import ClientSession

from . import check, course, dashboard, energy, people, town
from .home_assistant import USERNAME, HomeAssistant, Installation
from .process import DemoError, say, tail
from .town import NINE_DAYS, QUICKLY, Stage, Town

RESTART: Final = 100
"""Home Assistant ends with it when someone restarts it in its menu."""

BLOCK: Final = """
────────────────────────────────────────────────────────────────────────
  Bernau SmartCity: a simulated town in a real Home Assistant

  Address    {url}
  User       {user}
  Password   {password}

  Look at    {url}/energy             Energy dashboard with the town's meters
             {url}/{dashboard}       heat, visitors, visitor analytics
             {url}/config/areas       the buildings, each with its meters
             {url}/config/integrations/integration/bernau_smartcity

  {found}
  Diagrams fill up by and by: Home Assistant compiles them every 5 minutes.
  Ctrl-C ends everything.
────────────────────────────────────────────────────────────────────────
"""


async def show(session: ClientSession, installation: Installation, server: str) -> None:
    """Run the demo until it is interrupted."""
    stage = Stage(server=server, history=NINE_DAYS, pause=QUICKLY)
    async with town.running(session, installation.folder / "town.log", stage) as place:
        async with installation.running(session) as hass:
            found = await _fill(hass, place)
            login = {"url": installation.url, "user": USERNAME, "password": installation.password}
            (installation.folder / "demo.json").write_text(json.dumps(login), encoding="utf-8")
            print(  # noqa: T201  what the whole program is for
                BLOCK.format(**login, dashboard=dashboard.PATH, found=found), flush=True
            )
            code = await hass.process.wait()
        while code == RESTART:
            say("Home Assistant starts again …")
            async with installation.running(session) as hass:
                say("Home Assistant is back.")
                code = await hass.process.wait()
    message = f"Home Assistant ended by itself.\n{tail(installation.log)}"
    raise DemoError(message)


async def _fill(hass: HomeAssistant, place: Town) -> str:
    """Set everything up; give in a few words what there is."""
    entry_id = await course.set_up(hass, place)
    for complaint in await course.missing_values(hass, place, entry_id):
        say(f"  {complaint}")
    devices = await place.truth()
    picture = await check.take(hass, entry_id)
    found = energy.meters(devices, picture)
    await hass.command("energy/save_prefs", **energy.preferences(found))
    analytics = await people.set_up(hass, place)
    await dashboard.create(hass, devices, picture, analytics)
    buildings = len({device.building for device in devices})
    return f"{len(devices)} devices in {buildings} places, {len(found)} totals for the dashboard"
