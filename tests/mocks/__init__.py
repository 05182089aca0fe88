"""Tests of the synthetic kernel, against sources that are not the synthetic kernel."""
