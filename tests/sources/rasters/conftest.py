"""These tests need the extra requirements-rasters.txt (`make rasters`, part of `make test`) and skip without it."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _readers() -> None:
    for package in ("rasterio", "xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package, reason="needs the extra requirements-rasters.txt (make rasters)")
