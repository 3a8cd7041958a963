"""The sections of the configuration can be read without the libraries of the science."""

import subprocess
import sys

HEAVY = ("torch", "xarray", "pandas", "scipy", "matplotlib", "skimage")


def test_settings_import_no_heavy_library():
    code = f"import sys, superice.run.settings; print([name for name in {HEAVY} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
