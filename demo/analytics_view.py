"""What visitor analytics tells of the town, on one page that needs no explanation beside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .people import Analytics

MODES: Final = {
    "train": "Bahn",
    "bus": "Bus",
    "car": "Auto",
    "bike": "Fahrrad",
    "walk": "zu Fuß",
    "unknown": "unbekannt",
}
"""In the order of tables."""

_FIGURE: Final = """\
{%- macro figure(id) -%}
{%- if has_value(id) -%}
**{{ states(id, rounded=True, with_unit=True) | replace('.', ',') }}**
{%- else %}-{% endif -%}
{%- endmacro -%}
{%- macro people(count) -%}{{ '{:,}'.format(count | int(0)) | replace(',', '.') }}{%- endmacro -%}
{%- macro reasons(ids) -%}
{%- for reason, named in ids | rejectattr('why', 'none') | groupby('why') %}
- {{ named | map(attribute='name') | join(', ') }}: {{ reason }}
{%- endfor -%}
{%- endmacro -%}
"""
"""Numbers as they are written in German; and below a table, why some are missing."""

_PRESENT: Final = (
    "Eintritte minus Austritte seit 3 Uhr nachts, also **geschätzt**: Ein Zählfehler bleibt bis zum"
    " nächsten Morgen. Jede Zahl gilt für das Ende der letzten Viertelstunde, die alle Zähler"
    " gemeldet haben."
)
_STAYS: Final = (
    "Mittelwert **aller** Personen in einem Bereich, auch derer, die nur hindurchgehen;"
    " **geschätzt**. „±“ sagt, wie weit Zählfehler ihn üblicherweise verfälschen. Wo er nicht"
    " verlässlich wäre, steht „-“.\n"
)
_ARRIVALS: Final = (
    "Gezählt an den Durchgängen in die Stadt. Anteile **der gezählten Ankünfte**: Wer dort"
    " hereinkommt, wo niemand zählt, fehlt.\n"
)
_FLOWS: Final = (
    "Von Bereich zu Bereich **gezählt**. Der Anteil bezieht sich auf alle, die den ersten Bereich"
    " verlassen haben.\n"
)


def view(entities: Mapping[str, Mapping[str, Any]], analytics: Analytics) -> dict[str, Any]:
    """Describe the page; entities come by their unique identity."""

    def entity(part: str, key: str) -> str:
        return str(entities[f"{analytics.entry_id}_{part}_{key}"]["entity_id"])

    modes = [mode for mode in MODES if f"{analytics.entry_id}_town_share_{mode}" in entities]
    zones = dict(sorted(analytics.zones.items(), key=lambda item: item[0].casefold()))
    sections = [
        _section(
            "Besuche in der Innenstadt",
            [
                _line(entity("town", "visits_today"), "Heute seit Mitternacht"),
                _line(entity("town", "visits_this_hour"), "In dieser Stunde"),
                _line(entity("town", "compared_weekday"), "Mehr (+) oder weniger (-) als sonst"),
                _line(entity("town", "zones_per_visit"), "Ein Besuch führt durch"),
                _diagram("Besuche je Stunde", {entity("town", "people_in"): "Besuche"}),
            ],
        ),
        _section(
            "Wer ist gerade da?",
            [
                _text(_PRESENT),
                *(_tile(entity(part, "occupancy"), name) for name, part in zones.items()),
            ],
        ),
        _section(
            "Wie lange bleiben sie?",
            [_text(stays({name: _stay(entity, part) for name, part in zones.items()}))],
        ),
        _section(
            "Wie kommen sie an?",
            [
                _text(
                    arrivals(
                        {
                            MODES[mode]: (
                                entity("town", f"share_{mode}"),
                                entity("town", f"arrivals_{mode}"),
                            )
                            for mode in modes
                        }
                    )
                )
            ],
        ),
        _section("Wohin gehen sie?", [_text(flows(entity("town", "strongest_flow")))]),
        _section(
            "Eintritte je Bereich",
            [
                _diagram(
                    "Personen je Stunde",
                    {entity(part, "people_in"): name for name, part in zones.items()},
                    "line",
                )
            ],
        ),
    ]
    return {
        "title": "Besucheranalyse",
        "path": "besucheranalyse",
        "type": "sections",
        "max_columns": 3,
        "sections": sections,
    }


def _stay(entity: Any, part: str) -> tuple[str, str]:
    return entity(part, "dwell_yesterday"), entity(part, "dwell_now")


def stays(zones: Mapping[str, tuple[str, str]]) -> str:
    """Give a table of mean stays, and below it why some are missing."""
    rows = [
        f"| {name} | {{{{ figure('{day}') }}}}"
        f"{{% if has_value('{day}') %}} ± {{{{ state_attr('{day}', 'error') }}}} %{{% endif %}}"
        f" | {{{{ figure('{now}') }}}} |"
        for name, (day, now) in zones.items()
    ]
    table = ["", "| Bereich | Gestern | Letzte Stunden |", "|---|--:|--:|", *rows, ""]
    days = _reasons("Gestern ohne Zahl:", {name: day for name, (day, _) in zones.items()})
    lately = _reasons("Letzte Stunden ohne Zahl:", {name: now for name, (_, now) in zones.items()})
    return _FIGURE + _STAYS + "\n".join(table) + days + lately


def _reasons(title: str, ids: Mapping[str, str]) -> str:
    """Tell once for each reason which numbers are missing for it."""
    found = ", ".join(
        f"{{'name': '{name}', 'id': '{entity_id}',"
        f" 'why': state_attr_translated('{entity_id}', 'reason')}}"
        for name, entity_id in ids.items()
    )
    return (
        f"\n{{%- set all = [{found}] -%}}"
        "{%- set missing = all | rejectattr('why', 'none') | list -%}"
        f"{{% if missing %}}\n\n{title}\n{{{{ reasons(missing) }}}}{{% endif %}}"
    )


def arrivals(modes: Mapping[str, tuple[str, str]]) -> str:
    """Give a table of the means of transport with bars."""
    rows = [
        f"| {name} | {{{{ '█' * (states('{share}') | float(0) / 4) | round | int }}}}"
        f" {{{{ figure('{share}') }}}} | {{{{ people(states('{people}')) }}}} |"
        for name, (share, people) in modes.items()
    ]
    missing = {name: share for name, (share, _) in modes.items()}
    table = ["", "| Verkehrsmittel | Anteil heute | Personen |", "|---|:--|--:|", *rows, ""]
    return _FIGURE + _ARRIVALS + "\n".join(table) + _reasons("Ohne Anteil:", missing)


def flows(strongest: str) -> str:
    """Give a table of the strongest flows of today."""
    row = "| {{ flow.way }} | **{{ people(flow.people) }}** | {{ flow.share | round(0) }} % |"
    table = [
        "",
        "| Von → nach | Personen heute | Anteil |",
        "|---|--:|--:|",
        f"{{%- for flow in state_attr('{strongest}', 'flows') or [] %}}",
        row,
        "{%- endfor %}",
    ]
    return _FIGURE + _FLOWS + "\n".join(table)


def _section(title: str, cards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title}, *cards]}


def _tile(entity_id: str, name: str) -> dict[str, Any]:
    return {"type": "tile", "entity": entity_id, "name": name, "grid_options": {"columns": 6}}


def _line(entity_id: str, name: str) -> dict[str, Any]:
    """Show a figure in the whole width, with the reason where there is none."""
    return {
        **_tile(entity_id, name),
        "state_content": ["state", "reason"],
        "grid_options": {"columns": "full"},
    }


def _text(content: str) -> dict[str, Any]:
    return {"type": "markdown", "content": content, "grid_options": {"columns": "full"}}


def _diagram(title: str, names: Mapping[str, str], chart: str = "bar") -> dict[str, Any]:
    series: Iterable[dict[str, str]] = (
        {"entity": entity_id, "name": name} for entity_id, name in names.items()
    )
    return {
        "type": "statistics-graph",
        "title": title,
        "chart_type": chart,
        "period": "hour",
        "days_to_show": 2,
        "stat_types": ["change"],
        "entities": list(series),
        "grid_options": {"columns": "full"},
    }
