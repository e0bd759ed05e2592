"""From profiles to parameters: the Bayesian inversion of the soil model at every observed profile.

- :mod:`.posterior`: how likely 21 parameters are, given a profile (two likelihoods);
- :mod:`.operator`: what a profile sees of a soil column; :mod:`.error_model`: how far the model is from what it sees;
- :mod:`.sampler`, :mod:`.moves`, :mod:`.streams`: Markov chains for many profiles at once, which know no soil;
- :mod:`.diagnostics`: whether the chains have converged, and what they have learned;
- :mod:`.sites`, :mod:`.summary`: a batch of profiles in, its posterior as a dataset out;
- :mod:`.runs`: any number of profiles in batches, with processes, checkpoints and resumption;
- :mod:`.plot`: pictures of the posterior at chosen profiles.
"""
