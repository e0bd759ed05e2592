"""From profiles to parameters everywhere: what carries the retrieved parameters from soil profiles to every land cell.

    predictors, profiles, site posteriors -> problem -> methods (losses, network, training) -> an ensemble
    ensemble -> ensembles (weights): networks.safetensors;  applicability: where it may be used
    validation (folds) -> measures -> skill -> gather -> evidence: evidence.json;  figures, card, limits: for people

The process model comes in as a function from parameters at places to carbon with depth; nothing here imports it.
"""
