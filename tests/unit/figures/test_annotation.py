from matplotlib import pyplot as plt

from superice.figures.annotation import letter_panels, name_line_styles
from superice.figures.style import apply_style


def test_letters_go_on_after_z():
    figure, axes = plt.subplots(4, 7)
    letter_panels(axes.flat)
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles[0] == "(a) "
    assert titles[25:28] == ["(z) ", "(aa) ", "(ab) "]


def test_a_line_style_is_named_once_and_lines_without_a_label_are_not():
    with apply_style():
        figure, axis = plt.subplots()
        for style, label in (("-", "one"), ("--", "two"), ("-", "one"), (":", None)):
            axis.plot([0, 1], style, label=label)
        name_line_styles(figure, axis, "title")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
