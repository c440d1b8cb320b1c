"""The figure of a comparison: what is drawn is what was compared, and a file is whole or not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infobound as ib
from infobound.cli import main

LAWS = ["sampled_student", "truncated_student", "hoffmann_approach_1"]


@pytest.fixture(scope="module")
def compared() -> Any:
    return ib.compare(LAWS, C=[1e6, 1e9, 1e12, 1e15], d=[16, 128], K=10, cost="product")


def test_lines_are_the_comparison(compared: Any) -> None:
    left, right = ib.plot(compared, d=16).axes
    for axes, name in ((left, "p"), (right, "tokens_per_parameter")):
        for law in LAWS:
            cell = compared.sel(law=law, d=16)
            kept = np.where(cell.vacuous.astype(bool), np.nan, cell[name])
            assert any(np.array_equal(line.get_ydata(), kept, equal_nan=True) for line in axes.lines)
        assert axes.get_xscale() == axes.get_yscale() == "log"


def test_exponents_alone_draw_nothing() -> None:
    with pytest.raises(ib.DomainError, match="a plot needs a law that gives a size"):
        ib.plot(ib.compare("porian_step_5", C=[1e18, 1e22]))


def test_the_figure_says_where_it_is_drawn_and_every_exponent(compared: Any) -> None:
    figure = ib.plot(compared)
    assert "d = 128, K = 10, C = T p" in figure.get_suptitle()
    assert "for its student" in figure.get_suptitle()
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    for law in LAWS:
        exponent = compared.exponent_p.sel(law=law, d=128, C=1e15).item()
        assert f"{exponent:.3f}  {law}" in said
    assert "vacuous" in said


@pytest.mark.parametrize("form", ["pdf", "png", "svg"])
def test_a_file_is_written_whole_and_the_same_again(compared: Any, tmp_path: Path, form: str) -> None:
    first, second = tmp_path / f"one.{form}", tmp_path / f"two.{form}"
    ib.plot(compared, first)
    ib.plot(compared, second)
    assert first.read_bytes() == second.read_bytes() != b""
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, second.name]


def test_faults(compared: Any, tmp_path: Path) -> None:
    with pytest.raises(ib.DomainError, match=r"a \.pdf, \.png or \.svg file, got .*x\.gif"):
        ib.plot(compared, tmp_path / "x.gif")
    with pytest.raises(ib.DomainError, match="a folder that can be written"):
        ib.plot(compared, tmp_path / "no" / "x.png")
    with pytest.raises(ib.DomainError, match="two budgets or more, got 1"):
        ib.plot(compared.isel(C=[0]))
    with pytest.raises(ib.DomainError, match=r"d must be one of those compared \(16, 128\), got d=17"):
        ib.plot(compared, d=17)
    with pytest.raises(ib.UnknownNameError, match="got alpha"):
        ib.plot(compared, alpha=0.5)
    with pytest.raises(ib.DomainError, match="what `compare` returns, got int"):
        ib.plot(3)


def test_the_command_line_draws(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "figure.svg"
    question = ["compare", "--laws", "sampled_student", "C=1e9,1e12", "d=16", "K=10", "--cost", "product", "--json"]
    assert main([*question, "--figure", str(target)]) == 0
    assert capfd.readouterr().out.startswith('{"law"')
    assert target.read_text(encoding="utf-8").startswith("<?xml")
    assert main([*question, "--figure", str(tmp_path / "figure.txt")]) == 2
    assert "--figure must name a .pdf, .png or .svg file" in capfd.readouterr().err
