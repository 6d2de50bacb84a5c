"""What a process class may declare: all its faults at once, with what there is, before anything runs."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel

from forcesim.errors import Fault, PlanError
from forcesim.outcome import taken
from forcesim.paths import nearest
from forcesim.processes.columns import all_columns, bare
from forcesim.processes.draws import Draw
from forcesim.processes.process import Process, Section
from forcesim.quantities import Value
from forcesim.state import Factor, Flow, Read, Series, Stock, name_faults

if typing.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["classes_of", "faults_among", "faults_of", "replacement_faults"]


def classes_of(processes: Any) -> tuple[type[Process], ...]:
    """Return what a caller hands over as processes, or refuse what is no class that can run.

    Raises
    ------
    PlanError
        If it is no list, or holds an instance, a class of something else, or one without ``start`` or ``step``.
    """
    if isinstance(processes, (type, Process, str, bytes)) or not hasattr(processes, "__iter__"):
        shown = processes.__name__ if isinstance(processes, type) else repr(processes)
        remedy = f"write processes=[{shown}]" if isinstance(processes, type) else ""
        raise PlanError(Fault("processes", "must be a list of classes of Process", shown, remedy))
    given = tuple(processes)
    faults = [fault for place, kind in enumerate(given) for fault in _class_faults(f"processes[{place}]", kind)]
    if faults:
        raise PlanError(faults)
    return given


def _class_faults(place: str, kind: Any) -> Iterator[Fault]:
    """Yield why something is no class of Process that can run."""
    if isinstance(kind, Process):
        yield Fault(place, "must be a class of Process", f"an instance of {type(kind).__name__}", "give the class")
    elif not (isinstance(kind, type) and issubclass(kind, Process)):
        yield Fault(place, "must be a class of Process", getattr(kind, "__name__", repr(kind)))
    elif not kind.month:
        left = [verb for verb in ("start", "step") if getattr(kind, verb) is getattr(Process, verb)]
        if left:
            remedy = f"define {' and '.join(left)}"
            yield Fault(place, "must have a month of laws, or start and step", kind.__name__, remedy)


def faults_of(kind: type[Process]) -> list[Fault]:
    """Return what is wrong with the declarations of one process, looked at alone."""
    place = f"processes.{_called(kind)}"
    faults = [fault for field in ("name", "section") for fault in _word(kind, field)]
    for field in ("Common", "Parameters"):
        faults += _section_faults(f"{place}.{field}", getattr(kind, field))
    for field, what in (("reads", Read), ("writes", Series), ("draws", Draw)):
        faults += _listed(f"{place}.{field}", getattr(kind, field), what)
    for field in ("opening", "month"):
        found = getattr(kind, field)
        if not isinstance(found, (tuple, list)):
            remedy = f"write a comma: {field} = (law,)"
            faults.append(Fault(f"{place}.{field}", "must be a tuple of laws", f"a {type(found).__name__}", remedy))
    return faults or _open_faults(place, kind)


def _open_faults(place: str, kind: type[Process]) -> list[Fault]:
    """Return numbers that cannot be open: in a part of the section, of a process without laws, of two meanings."""
    every = all_columns(kind.Common, kind.Parameters)
    known = {series.name for series in kind.writes}
    known |= {column.path.rpartition(".")[2] for column in every if "." in column.path}
    faults = []
    for column in every:
        where = f"{place}.{column.path}"
        if column.open and not kind.month:
            faults.append(Fault(where, "can be open only in a process of laws"))
        elif column.open and "." in column.path:
            faults.append(Fault(where, "must stand in the section itself to be open"))
        elif column.open and column.path in known:
            faults.append(Fault(where, "must have a name of its own to be open", "", "a series or a part has it too"))
    return faults


def _called(kind: type[Process]) -> str:
    """Return how messages call a process: by its name, if it has one."""
    name = getattr(kind, "name", None)
    return name if isinstance(name, str) and name else kind.__name__


def _word(kind: type[Process], field: str) -> list[Fault]:
    """Return what is wrong with the name or the section of a process."""
    place = f"processes.{_called(kind)}.{field}"
    if not hasattr(kind, field):
        return [Fault(place, "is missing", "", f"write {field} = {kind.__name__.lower()!r} in the class")]
    return name_faults(place, getattr(kind, field))


def _section_faults(place: str, model: Any) -> list[Fault]:
    """Return what is wrong with a model of parameters."""
    if model is None:
        return []
    if not (isinstance(model, type) and issubclass(model, Section)):
        found = model.__name__ if isinstance(model, type) else repr(model)
        return [Fault(place, "must be a class of Section", found, "write class Parameters(forcesim.Section)")]
    faults = []
    for name, field in model.model_fields.items():
        kind = bare(field.annotation)
        if typing.get_origin(kind) is tuple:
            inner = typing.get_args(kind)[0]
            bounded = any(hasattr(mark, "max_length") for mark in field.metadata)
            if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
                faults.append(Fault(f"{place}.{name}", "must be a tuple of sections", str(field.annotation)))
            elif not bounded:
                remedy = "pydantic.Field(max_length=...)"
                faults.append(Fault(f"{place}.{name}", "must say how many sections there are at most", "", remedy))
            else:
                faults += _section_faults(f"{place}.{name}", inner)
        elif isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Value:
            faults += _section_faults(f"{place}.{name}", kind)
    return faults


def _listed(place: str, found: Any, what: type[Any]) -> list[Fault]:
    """Return what is wrong with a tuple of declarations: each is of its kind, and stands once."""
    if isinstance(found, what):
        return [Fault(place, "must be a tuple", f"one {what.__name__}", f"write a comma: ({what.__name__}(...),)")]
    if not isinstance(found, (tuple, list)):
        return [Fault(place, f"must be a tuple of {what.__name__}", repr(found))]
    kinds = "Stock, Flow or Indicator" if what is Series else what.__name__
    others = [(at, one) for at, one in enumerate(found) if not isinstance(one, what)]
    faults = [Fault(f"{place}[{at}]", f"must be a {kinds}", repr(one)) for at, one in others]
    if faults:
        return faults
    names = [one.name for one in found]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if what is Series:
        return []  # the catalogue says who owns a series
    return [Fault(place, "must name each once", repr(name)) for name in twice]


def _scope_faults(place: str, kind: type[Process]) -> list[Fault]:
    """Return the series of nations that a process of world scope declares."""
    if kind.Parameters is not None:
        return []
    remedy = "give the series scope='world', or the process Parameters, so that it runs for nations"
    rule = "a process of world scope cannot write a series of nations"
    wrong = [series.name for series in kind.writes if series.scope != "world"]
    return [Fault(f"{place}.writes", rule, repr(name), remedy) for name in wrong]


def _shared_fields(place: str, kind: type[Process]) -> list[Fault]:
    """Return fields that both sections of a process have: ``context.parameter`` could not tell them apart."""
    if kind.Common is None or kind.Parameters is None:
        return []
    both = [name for name in kind.Common.model_fields if name in kind.Parameters.model_fields]
    return [Fault(place, "Common and Parameters must have fields of other names", repr(name)) for name in both]


def _unwritten(place: str, rule: str, name: str, known: Iterable[str], more: str) -> Fault:
    """Return the fault of a name that no process writes."""
    return Fault(place, rule, repr(name), "; ".join(part for part in (nearest(name, known), more) if part))


def faults_among(kinds: Sequence[type[Process]], own: Iterable[type[Process]]) -> list[Fault]:
    """Return what is wrong with processes that others have brought in, looked at beside all of a catalogue.

    Parameters
    ----------
    kinds : sequence of type of Process
        All of the catalogue.
    own : iterable of type of Process
        Those that are not built in.
    """
    known = {series.name: series for kind in kinds for series in kind.writes}
    faults: list[Fault] = []
    for kind in own:
        place = f"processes.{kind.name}"
        faults += [*_scope_faults(place, kind), *_shared_fields(place, kind)]
        for read in kind.reads:
            if read.name not in known and read.missing is None:
                rule, more = "must name a series that a process writes", "Read(..., missing=0.0) where it may be absent"
                faults.append(_unwritten(f"{place}.reads", rule, read.name, known, more))
        for series in kind.writes:
            has = taken(series.name, known)
            if has:
                rule = "must have a name that is free in datasets"
                faults.append(Fault(f"{place}.writes", rule, repr(series.name), f"it is {has}"))
            where = f"{place}.writes.{series.name}"
            if isinstance(series, Stock):
                faults += _flow_faults(where, series, kind, known)
            elif isinstance(series, Flow):
                faults += _target_faults(where, series, kind, known)
            elif isinstance(series, Factor):
                faults += _factor_faults(where, series, kind, kinds)
    return faults


def _target_faults(place: str, flow: Flow, kind: type[Process], known: dict[str, Series]) -> Iterator[Fault]:
    """Yield what is wrong with the stocks of others that a flow moves."""
    stocks = {name: series for name, series in known.items() if isinstance(series, Stock) and series.slots == 1}
    own = {series.name for series in kind.writes}
    for side, name, list_ in (("out_of", flow.out_of, "outflows"), ("into", flow.into, "inflows")):
        stock = known.get(name)
        where = f"{place}.{side}"
        if not name:
            continue
        if not isinstance(stock, Stock):
            yield _unwritten(where, "must name a stock of another process", name, stocks, f"there are {_all(stocks)}")
        elif name in own:
            remedy = f"name the flow in the stock's {list_}"
            yield Fault(where, "must name a stock of another process", f"{name!r}, the process's own", remedy)
        elif stock.slots > 1:
            more = f"stocks without slots: {_all(stocks)}"
            yield Fault(where, "must name a stock without slots: nobody else knows what a slot means", repr(name), more)
        elif stock.scope != flow.scope:
            found = f"{flow.scope}; {name!r} has scope {stock.scope!r}"
            yield Fault(where, "must have the scope of the stock", found)
        elif stock.storage == "count" and flow.storage != "count":
            found = f"storage {flow.storage!r}"
            yield Fault(where, f"must have storage 'count', since {name!r} holds whole numbers", found)


def _factor_faults(place: str, factor: Factor, kind: type[Process], kinds: Sequence[type[Process]]) -> Iterator[Fault]:
    """Yield why a factor cannot act on what it names."""
    open_ = {f"{one.section}.{column.path}": one for one in kinds for column in _open_columns(one)}
    where, owner = f"{place}.on", open_.get(factor.on)
    if owner is None:
        more = f"open are {_all(open_)}"
        yield _unwritten(where, "must name a number that is open to others", factor.on, open_, more)
    elif owner is kind:
        remedy = "let a law of your own multiply it"
        yield Fault(where, "must name a number of another process", repr(factor.on), remedy)
    elif factor.scope == "nation" and factor.on.split(".")[1] in getattr(owner.Common, "model_fields", ()):
        remedy = "give the factor scope='world'"
        yield Fault(where, "must have scope 'world': the number is one for all nations", repr(factor.on), remedy)


def replacement_faults(
    kind: type[Process], built_in: Iterable[type[Process]], kinds: Sequence[type[Process]]
) -> list[Fault]:
    """Return why a process cannot stand in for the built-in one of its name.

    Parameters
    ----------
    kind : type of Process
        The process that replaces another.
    built_in, kinds : iterable of type of Process
        Those of the package, and all of the catalogue.
    """
    place, known = f"processes.{kind.name}", {one.name: one for one in built_in}
    old = known.get(kind.name)
    if old is None:
        rule, there = "must have the name of a built-in process", f"there are {_all(known)}"
        return [_unwritten(f"{place}.replaces", rule, kind.name, known, there)]
    mine = {series.name: series for series in kind.writes}
    readers: dict[str, list[str]] = {}
    for other in kinds:
        for name in dict.fromkeys(_used(other)):
            readers.setdefault(name, []).append(other.name)
    faults = []
    for series in old.writes:
        by, new = readers.get(series.name, []), mine.get(series.name)
        if by and new is None:
            rule = f"must write {series.name!r}, which {_all(by)} reads"
            faults.append(Fault(f"{place}.writes", rule, "", f"a {type(series).__name__} in {series.unit}"))
        elif by and new is not None and (new.scope != series.scope or new.unit != series.unit):
            rule = f"must have scope {series.scope!r} and unit {series.unit!r}, as {_all(by)} reads it"
            faults.append(Fault(f"{place}.writes.{series.name}", rule, f"{new.scope!r}, {new.unit!r}"))
    return faults


def _used(kind: type[Process]) -> Iterator[str]:
    """Yield the series of others that a process reads or moves, and flows of others in its stocks."""
    yield from (read.name for read in kind.reads)
    for series in kind.writes:
        if isinstance(series, Stock):
            yield from (*series.inflows, *series.outflows)
        elif isinstance(series, Flow):
            yield from (name for name in (series.out_of, series.into) if name)


def _open_columns(kind: type[Process]) -> list[Any]:
    return [column for column in all_columns(kind.Common, kind.Parameters) if column.open]


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _flow_faults(place: str, stock: Stock, kind: type[Process], known: dict[str, Series]) -> Iterator[Fault]:
    """Yield what is wrong with the flows that a stock names."""
    named = [("inflows", name) for name in stock.inflows] + [("outflows", name) for name in stock.outflows]
    flows = [name for _, name in named]
    mine = ", ".join(series.name for series in kind.writes if isinstance(series, Flow))
    there = f"the process writes the flows {mine}" if mine else "the process writes no flow"
    for side, name in named:
        flow = known.get(name)
        if flow is None:
            yield _unwritten(f"{place}.{side}", "must name flows that a process writes", name, known, there)
        elif not isinstance(flow, Flow):
            yield Fault(f"{place}.{side}", "must name flows", f"{name!r}, a {type(flow).__name__}", there)
        elif stock.scope == "nation" and flow.scope == "world":
            yield Fault(f"{place}.{side}", "must name flows of nations, as the stock is", f"{name!r}, one of the world")
    for name in dict.fromkeys(flows):
        if flows.count(name) > 1:
            yield Fault(place, "must name each flow once", repr(name))
