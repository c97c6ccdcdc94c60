"""Can these explanations be relied upon, and what has not been asked yet?

One line a question of the audit, with its value, the limits it is held against and why. What could
not be answered from what is at hand says what it would need.
"""

import xaigeo as xg


def draw(study):
    audit = xg.audit([study.shap, study.lime], evaluation=study.evaluation)
    return xg.viz.checklist(audit)
