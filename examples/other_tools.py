"""A scenario in the tools that people use: EMA Workbench, SALib and Optuna, a few lines each.

How many months are secure by 2028-12 depends on what nobody knows, and the gap on how many people Ukraine calls up.
Needs the extras `ema`, `sensitivity` and `optimise`; a tool that is missing is left out.
"""

from __future__ import annotations

import importlib.util
import warnings

import forcesim as fs

UNKNOWN = ["conflict.ceasefire_base", "conflict.breaking_share", "nations.RUS.army.casualty_rate"]
LEVER = {"nations.UKR.army.mobilisation": (5_000.0, 30_000.0)}


def with_ema(scenario: fs.Scenario) -> None:
    """Run experiments of EMA Workbench, and hand experiments of forcesim to its scoring of features."""
    import ema_workbench
    from ema_workbench.analysis import feature_scoring

    months = fs.as_function(scenario, "status-quo", "secure_months", UNKNOWN, at="2028-12", paths=32)
    _, outcomes = ema_workbench.perform_experiments(months.to_ema("ukraine"), scenarios=8)
    print(f"EMA Workbench: secure months of 8 experiments, {outcomes['secure_months'].round(1).tolist()}")
    experiments, found = fs.to_ema(scenario, ["status-quo", "europe-150k"], "secure_months", at="2028-12", paths=256)
    scores = feature_scoring.get_feature_scores_all(experiments.drop(columns="model"), found)
    print(scores.sort_values("secure_months", ascending=False).head(3).round(3).to_string())


def with_salib(scenario: fs.Scenario) -> None:
    """Sample and analyse by SALib."""
    from SALib.analyze import rbd_fast
    from SALib.sample import latin

    months = fs.as_function(scenario, "status-quo", "secure_months", UNKNOWN, at="2028-12", paths=32)
    sample = latin.sample(months.problem, 64, seed=1)
    found = rbd_fast.analyze(months.problem, sample, months.evaluate(sample), seed=1)
    first = {name: round(float(value), 2) for name, value in zip(UNKNOWN, found["S1"], strict=True)}
    print(f"SALib: first indices of the mean, {first}")


def with_optuna(scenario: fs.Scenario) -> None:
    """Search a lever by Optuna: with so many called up a month the mean gap is half a million."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    gap = fs.as_function(scenario, "status-quo", "gap", LEVER, at="2028-12", paths=64)

    def off(trial: optuna.Trial) -> float:
        return abs(gap.objective(trial) - 500_000.0)

    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(off, n_trials=16)
    called_up = study.best_params["nations.UKR.army.mobilisation"]
    print(f"Optuna: {called_up:,.0f} called up a month leave a mean gap of 500,000 ± {study.best_value:,.0f}")


def main() -> None:
    """Run each tool that is there."""
    scenario = fs.load("ukraine-2026")
    tools = {"ema_workbench": with_ema, "SALib": with_salib, "optuna": with_optuna}
    for package, run in tools.items():
        if importlib.util.find_spec(package) is None:
            print(f"{package} is not installed")
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of evaluators and parsers that are not installed
            run(scenario)


if __name__ == "__main__":
    main()
