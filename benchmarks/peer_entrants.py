"""The job of :mod:`benchmarks.peers` in each tool: one function an entrant, which is the code that its user writes.

Each function imports its tool (one that is missing is left out), does what is done once, and returns the run: from
paths and seed to mean and standard deviation of the stock in month 120.
"""
# No "from __future__ import annotations" here: forcesim reads the fields of a class within a function from real types.

import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Run = Callable[[int, int], tuple[float, float]]


def numpy_normal() -> Run:
    import numpy as np

    def run(paths: int, seed: int) -> tuple[float, float]:
        rng, stock = np.random.default_rng(seed), np.full(paths, 1e6)
        for _ in range(120):
            rate = rng.normal(0.025, 0.005, paths).clip(0.0, 1.0)
            losses = stock * rate + np.sqrt(stock * rate * (1.0 - rate)) * rng.standard_normal(paths)
            stock += rng.normal(27_000, 3_000, paths).clip(0.0) - losses
        return stock.mean(), stock.std(ddof=1)

    return run


def numpy_binomial() -> Run:
    import numpy as np

    def run(paths: int, seed: int) -> tuple[float, float]:
        rng, stock = np.random.default_rng(seed), np.full(paths, 1_000_000)
        for _ in range(120):
            losses = rng.binomial(stock, rng.normal(0.025, 0.005, paths).clip(0.0, 1.0))
            stock += np.rint(rng.normal(27_000, 3_000, paths).clip(0.0)).astype(np.int64) - losses
        return stock.mean(), stock.std(ddof=1)

    return run


def numba_normal() -> Run:
    import numba
    import numpy as np

    @numba.njit(cache=False)
    def loop(rng: np.random.Generator, paths: int) -> np.ndarray:
        final = np.empty(paths)
        for i in range(paths):
            stock = 1e6
            for _ in range(120):
                rate = min(max(rng.normal(0.025, 0.005), 0.0), 1.0)
                losses = np.rint(rng.normal(stock * rate, math.sqrt(stock * rate * (1.0 - rate))))
                stock += np.rint(max(rng.normal(27_000.0, 3_000.0), 0.0)) - losses
            final[i] = stock
        return final

    def run(paths: int, seed: int) -> tuple[float, float]:
        final = loop(np.random.default_rng(seed), paths)
        return final.mean(), final.std(ddof=1)

    return run


def numba_binomial() -> Run:
    import numba
    import numpy as np

    @numba.njit(cache=False)
    def loop(rng: np.random.Generator, paths: int) -> np.ndarray:
        final = np.empty(paths)
        for i in range(paths):
            stock = 1_000_000
            for _ in range(120):
                losses = rng.binomial(stock, min(max(rng.normal(0.025, 0.005), 0.0), 1.0))
                stock += round(max(rng.normal(27_000.0, 3_000.0), 0.0)) - losses
            final[i] = stock
        return final

    def run(paths: int, seed: int) -> tuple[float, float]:
        final = loop(np.random.default_rng(seed), paths)
        return final.mean(), final.std(ddof=1)

    return run


def simpy_process() -> Run:
    import random

    import simpy

    def path(env: simpy.Environment, gauss: Callable[[float, float], float], final: list[int]):
        stock = 1_000_000
        for _ in range(120):
            yield env.timeout(1)
            rate = min(max(gauss(0.025, 0.005), 0.0), 1.0)
            losses = round(gauss(stock * rate, math.sqrt(stock * rate * (1.0 - rate))))
            stock += round(max(gauss(27_000, 3_000), 0.0)) - losses
        final.append(stock)

    def run(paths: int, seed: int) -> tuple[float, float]:
        gauss, final = random.Random(seed).gauss, []
        for _ in range(paths):
            env = simpy.Environment()
            env.process(path(env, gauss, final))
            env.run()
        return statistics.fmean(final), statistics.stdev(final)

    return run


def ema_usual(processes: int) -> Run:
    import numpy as np
    from ema_workbench import IntegerParameter, Model, MultiprocessingEvaluator, ScalarOutcome, SequentialEvaluator

    def army(seed: int = 0) -> dict[str, float]:
        rng, stock = np.random.default_rng(seed), 1_000_000
        rates = rng.normal(0.025, 0.005, 120).clip(0.0, 1.0)
        for inflow, rate in zip(np.rint(rng.normal(27_000, 3_000, 120).clip(0.0)), rates, strict=True):
            stock += int(inflow) - rng.binomial(stock, rate)
        return {"stock": stock}

    def run(paths: int, seed: int) -> tuple[float, float]:
        np.random.seed(seed)  # the workbench samples from NumPy's global generator
        model = Model("army", function=army)
        model.uncertainties = [IntegerParameter("seed", 0, 2**31 - 1)]
        model.outcomes = [ScalarOutcome("stock")]
        evaluator = MultiprocessingEvaluator(model, n_processes=2) if processes > 1 else SequentialEvaluator(model)
        with evaluator:
            _, outcomes = evaluator.perform_experiments(scenarios=paths)
        return outcomes["stock"].mean(), outcomes["stock"].std(ddof=1)

    return run


def ema_expert() -> Run:
    import numpy as np
    from ema_workbench import ArrayOutcome, Constant, IntegerParameter, Model, SequentialEvaluator

    def armies(seed: int = 0, paths: int = 1) -> dict[str, np.ndarray]:
        rng, stock = np.random.default_rng(seed), np.full(paths, 1e6)
        for _ in range(120):
            rate = rng.normal(0.025, 0.005, paths).clip(0.0, 1.0)
            losses = stock * rate + np.sqrt(stock * rate * (1.0 - rate)) * rng.standard_normal(paths)
            stock += rng.normal(27_000, 3_000, paths).clip(0.0) - losses
        return {"stocks": stock}

    def run(paths: int, seed: int) -> tuple[float, float]:
        np.random.seed(seed)
        model = Model("armies", function=armies)
        model.uncertainties = [IntegerParameter("seed", 0, 2**31 - 1)]
        model.constants = [Constant("paths", paths // 10)]
        model.outcomes = [ArrayOutcome("stocks")]
        with SequentialEvaluator(model) as evaluator:
            _, outcomes = evaluator.perform_experiments(scenarios=10)
        return outcomes["stocks"].mean(), outcomes["stocks"].std(ddof=1)

    return run


def monaco_sim() -> Run:
    import monaco as mc
    import numpy as np

    def preprocess(case: mc.Case) -> tuple[int]:
        return (case.seed,)

    def army(seed: int) -> tuple[int]:
        rng, stock = np.random.default_rng(seed), 1_000_000
        rates = rng.normal(0.025, 0.005, 120).clip(0.0, 1.0)
        for inflow, rate in zip(np.rint(rng.normal(27_000, 3_000, 120).clip(0.0)), rates, strict=True):
            stock += int(inflow) - rng.binomial(stock, rate)
        return (stock,)

    def postprocess(case: mc.Case, stock: int) -> None:
        case.addOutVal("stock", stock)

    def run(paths: int, seed: int) -> tuple[float, float]:
        functions = {"preprocess": preprocess, "run": army, "postprocess": postprocess}
        sim = mc.Sim("army", paths, functions, seed=seed, singlethreaded=True, verbose=False)
        sim.runSim()
        final = np.array(sim.outvars["stock"].nums)
        return final.mean(), final.std(ddof=1)

    return run


def mesa_batch() -> Run:
    import mesa

    class Army(mesa.Model):
        def __init__(self, seed: int | None = None) -> None:
            super().__init__(seed=seed)
            self.people = 1_000_000
            self.datacollector = mesa.DataCollector(model_reporters={"people": "people"})

        def step(self) -> None:
            gauss = self.random.gauss
            rate = min(max(gauss(0.025, 0.005), 0.0), 1.0)
            losses = round(gauss(self.people * rate, math.sqrt(self.people * rate * (1.0 - rate))))
            self.people += round(max(gauss(27_000, 3_000), 0.0)) - losses
            self.datacollector.collect(self)

    def run(paths: int, seed: int) -> tuple[float, float]:
        seeds = range(seed * 1_000_000, seed * 1_000_000 + paths)
        found = mesa.batch_run(Army, {"seed": seeds}, number_processes=1, max_steps=119, display_progress=False)
        final = [row["people"] for row in found]
        return statistics.fmean(final), statistics.stdev(final)

    return run


def bptk_model(engine: str) -> Run:
    import numpy as np
    from BPTK_Py import Model
    from BPTK_Py import sd_functions as sd

    model = Model(starttime=0.0, stoptime=120.0, dt=1.0, name="army")
    stock, rate = model.stock("stock"), model.converter("rate")
    inflow, losses = model.flow("inflow"), model.flow("losses")
    stock.initial_value = 1_000_000.0
    rate.equation = sd.min(sd.max(sd.normal(0.025, 0.005), 0.0), 1.0)
    inflow.equation = sd.round(sd.max(sd.normal(27_000.0, 3_000.0), 0.0), 0)
    losses.equation = sd.binomial(stock, rate)
    stock.equation = inflow - losses

    def run(paths: int, seed: int) -> tuple[float, float]:
        np.random.seed(seed)  # for the Python engine; simulate() hands no seed to the other
        final = [model.simulate(["stock"], backend=engine)["stock"].iloc[-1] for _ in range(paths)]
        return statistics.fmean(final), statistics.stdev(final)

    return run


def pysd_model() -> Run:
    import tempfile

    import numpy as np
    import pysd

    text = """{UTF-8}
    stock = INTEG(inflow - losses, 1e+06) ~ people ~|
    inflow = RANDOM NORMAL(0, 100000, 27000, 3000, 0) ~ people/Month ~|
    rate = RANDOM NORMAL(0, 1, 0.025, 0.005, 0) ~ 1/Month ~|
    losses = stock * rate + SQRT(stock * rate * (1 - rate)) * RANDOM NORMAL(-9, 9, 0, 1, 0) ~ people/Month ~|
    INITIAL TIME = 0 ~ Month ~|
    FINAL TIME = 120 ~ Month ~|
    TIME STEP = 1 ~ Month ~|
    SAVEPER = 120 ~ Month ~|
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "army.mdl"
        file.write_text(text, encoding="utf-8")
        model = pysd.read_vensim(str(file))

    def run(paths: int, seed: int) -> tuple[float, float]:
        np.random.seed(seed)
        final = [model.run(return_columns=["stock"])["stock"].iloc[-1] for _ in range(paths)]
        return statistics.fmean(final), statistics.stdev(final)

    return run


def jax_scan(kind: str) -> Run:
    import jax
    import jax.numpy as jnp
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    block = 10_000  # compiled for arrays of this size; the draws of a larger one leave the cache

    def month(stock, z):
        rate = jnp.clip(0.025 + 0.005 * z[0], 0.0, 1.0)
        losses = jnp.rint(stock * rate + jnp.sqrt(stock * rate * (1.0 - rate)) * z[1])
        return stock + jnp.rint(jnp.maximum(27_000 + 3_000 * z[2], 0.0)) - losses

    @jax.jit
    def final(key):
        def step(stock, key):
            return jax.vmap(month, (0, 1))(stock, jax.random.normal(key, (3, block), kind)), None

        return jax.lax.scan(step, jnp.full(block, 1e6, kind), jax.random.split(key, 120))[0]

    def run(paths: int, seed: int) -> tuple[float, float]:
        keys = jax.random.split(jax.random.key(seed, impl="threefry2x32"), -(-paths // block))
        stock = np.concatenate([final(key) for key in keys])[:paths].astype(np.float64)
        return stock.mean(), stock.std(ddof=1)

    return run


def forcesim_numpy() -> Run:
    import numpy as np

    import forcesim as fs

    class Army(fs.Process):
        name = section = "corps"

        class Parameters(fs.Section):
            start: fs.Persons = fs.number(1e6, meaning="people in month 0", assumption="the job")
            inflow: fs.Persons = fs.number(27e3, meaning="who join a month", assumption="the job")
            inflow_sd: fs.Persons = fs.number(3e3, meaning="their standard deviation", assumption="the job")
            rate: fs.Share = fs.number(0.025, meaning="who are lost a month", assumption="the job")
            rate_sd: fs.Share = fs.number(0.005, meaning="its standard deviation", assumption="the job")

        writes = (
            fs.Stock(name="people", unit="persons", meaning="people", inflows=("joined",), outflows=("lost",),
                     outcome=True),
            fs.Flow(name="joined", unit="persons", meaning="who joined"),
            fs.Flow(name="lost", unit="persons", meaning="who were lost"),
        )  # fmt: skip
        draws = (fs.Draw("z_inflow"), fs.Draw("z_rate"), fs.Draw("z_losses"))

        def start(self, context: fs.Context) -> None:
            context.write("people")[:] = context.parameter("start")
            context.write("joined")[:] = context.write("lost")[:] = 0.0

        def step(self, context: fs.Context, month: int) -> None:  # noqa: ARG002 - the same law every month
            given = context.parameter
            people, joined, lost = context.write("people"), context.write("joined"), context.write("lost")
            rate = (given("rate") + given("rate_sd") * context.draw("z_rate")).clip(0.0, 1.0)
            joined[:] = np.rint((given("inflow") + given("inflow_sd") * context.draw("z_inflow")).clip(0.0))
            lost[:] = fs.binomial_counts(people, rate, context.draw("z_losses"))
            people += joined - lost

    data = {"name": "job", "start": "2025-01", "horizon": "2035-01", "nations": {"UKR": {"corps": {}}}}
    scenario = fs.Scenario.of(data, [Army])

    def run(paths: int, seed: int) -> tuple[float, float]:
        result = fs.simulate(scenario, paths=paths, seed=seed, threads=1, keep="summary", progress=False)
        last = result.mean("people[UKR]", at="2035-01")
        return last.value, result.standard_deviation("people[UKR]", at="2035-01")

    return run


def forcesim_compiled() -> Run:
    import forcesim as fs
    from forcesim import binomial, whole  # a law that closes over all of fs is compiled anew when fs loads more

    class Flows(NamedTuple):
        joined: float
        lost: float

    def flows(
        people: float, inflow: float, inflow_sd: float, rate: float, rate_sd: float, z_inflow: float, z_rate: float,
        z_losses: float,
    ) -> Flows:  # fmt: skip
        hit = min(max(rate + rate_sd * z_rate, 0.0), 1.0)
        joined = whole(max(inflow + inflow_sd * z_inflow, 0.0) + 0.5, True)
        return Flows(joined, binomial(people, hit, z_losses))

    class Army(fs.Process):
        name = section = "corps"

        class Parameters(fs.Section):
            people: fs.Persons = fs.number(1e6, meaning="people in month 0", assumption="the job")
            inflow: fs.Persons = fs.number(27e3, meaning="who join a month", assumption="the job")
            inflow_sd: fs.Persons = fs.number(3e3, meaning="their standard deviation", assumption="the job")
            rate: fs.Share = fs.number(0.025, meaning="who are lost a month", assumption="the job")
            rate_sd: fs.Share = fs.number(0.005, meaning="its standard deviation", assumption="the job")

        writes = (
            fs.Stock(name="people", unit="persons", meaning="people", inflows=("joined",), outflows=("lost",),
                     outcome=True),
            fs.Flow(name="joined", unit="persons", meaning="who joined"),
            fs.Flow(name="lost", unit="persons", meaning="who were lost"),
        )  # fmt: skip
        draws = (fs.Draw("z_inflow"), fs.Draw("z_rate"), fs.Draw("z_losses"))
        month = (flows,)

    data = {"name": "job", "start": "2025-01", "horizon": "2035-01", "nations": {"UKR": {"corps": {}}}}
    scenario = fs.Scenario.of(data, [Army])

    def run(paths: int, seed: int) -> tuple[float, float]:
        result = fs.simulate(scenario, paths=paths, seed=seed, threads=1, keep="summary", progress=False)
        last = result.mean("people[UKR]", at="2035-01")
        return last.value, result.standard_deviation("people[UKR]", at="2035-01")

    return run
