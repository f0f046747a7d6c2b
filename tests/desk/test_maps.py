"""Where a name stands on an outline."""

import pytest
from shapely import Point, Polygon, box

from include.desk.maps import _middle


@pytest.mark.parametrize("shape", [box(0, 0, 40, 10), box(0, 0, 10, 40), box(0, 0, 10, 10)])
def test_a_name_stands_in_the_middle_of_a_rectangle(shape: Polygon) -> None:
    assert _middle(shape) == (shape.centroid.x, shape.centroid.y)


def test_a_name_stands_inside_where_the_middle_is_outside_or_narrow() -> None:
    bay = Polygon([(0, 0), (40, 0), (40, 10), (10, 10), (10, 30), (40, 30), (40, 40), (0, 40)])
    bottle = box(0, 0, 30, 2).union(box(30, -9, 50, 11))
    assert not bay.contains(bay.centroid)
    assert bay.contains(Point(_middle(bay)))
    assert 39 <= _middle(bottle)[0] <= 41
