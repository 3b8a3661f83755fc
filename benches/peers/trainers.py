"""Every trainer by its name, behind one call: train with the same settings on the same rows."""

import peers
from sapwood import sapwood

TRAINERS = {
    "sapwood": sapwood,
    "lightgbm": peers.lightgbm,
    "lightgbm-quantised": peers.lightgbm_quantised,
    "xgboost": peers.xgboost,
    "xgboost-depthwise": peers.xgboost_depthwise,
    "catboost": peers.catboost,
    "sklearn": peers.sklearn,
    "bonsai": peers.bonsai,
    "hessboost": peers.hessboost,
}
# Those that take validation rows to stop by.
STOP_EARLY = ["sapwood", "lightgbm", "lightgbm-quantised", "xgboost", "xgboost-depthwise"]
