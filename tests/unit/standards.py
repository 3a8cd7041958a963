"""What the compliance checker of IOOS finds in a file; it must not ask the network."""

import warnings

from compliance_checker.base import BaseCheck
from compliance_checker.suite import CheckSuite

# CF has no standard name for shares of members.
UNNAMED = {
    f'variable "{share}" missing the following attributes:' for share in ("class_fraction", "probability_thinner")
}
# The checker itself fails at a coordinate of names, and at groups that share a dimension.
CRASHES = {"check_coordinate_variables_strict_monotonicity", "check_invalid_same_named_dimension_across_groups"}


def list_findings(path, *standards):
    """Return what is wrong by high or medium priority, as texts; with a check at least of each priority."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suite = CheckSuite()
        suite.load_all_available_checkers()
        dataset = suite.load_dataset(str(path))
        found = []
        for standard in standards or ("cf:1.8", "acdd:1.3"):
            results, crashes = suite.run_all(dataset, [standard], skip_checks=[])[standard]
            assert crashes.keys() <= CRASHES
            for priority in (BaseCheck.HIGH, BaseCheck.MEDIUM):
                checked = [result for result in results if result.weight == priority]
                assert checked
                found += [f"{standard} {one.name} {one.msgs}" for one in checked if has_failed(one)]
        dataset.close()
    return found


def has_failed(result):
    """Whether a check gave fewer points than there are, or was answered no."""
    if result.name in UNNAMED and result.msgs == ["standard_name"]:
        return False
    return result.value[0] < result.value[1] if isinstance(result.value, tuple) else not result.value
