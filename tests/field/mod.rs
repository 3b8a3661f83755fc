//! What people reported about other tools, tried here: one file a kind, each test named by its source.
