import pandas as pd

from superice.report.surrogate_page import render_surrogate


def test_the_page_holds_its_tables_figures_and_settings(tmp_path):
    (tmp_path / "skill.png").write_bytes(b"\x89PNG")
    scores = pd.DataFrame({"experiment": ["two_states"], "rmse_1d": [0.12345], "not_shown": [7.0]})
    restored = pd.DataFrame({"field": ["forecast"], "power_ratio": [0.5]})
    page = render_surrogate(scores, restored, [tmp_path / "skill.png"], {"area": "<tiny>"})
    for text in ("two_states", "0.123", "power ratio", "data:image/png;base64,iVBORw==", "Skill", "&lt;tiny&gt;"):
        assert text in page, text
    assert "not shown" not in page
