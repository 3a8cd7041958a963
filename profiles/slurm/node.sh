# Read by every job before it starts: caches of many small files, or of SQLite, stay on the node and off the parallel file system.
caches=${TMPDIR:-/tmp}/superice-caches-$(id -un)
export XDG_CACHE_HOME="$caches/xdg" MPLCONFIGDIR="$caches/matplotlib" NUMBA_CACHE_DIR="$caches/numba"
export TORCHINDUCTOR_CACHE_DIR="$caches/inductor" TRITON_CACHE_DIR="$caches/triton"
export MIOPEN_USER_DB_PATH="$caches/miopen" MIOPEN_CUSTOM_CACHE_DIR="$caches/miopen" CUDA_CACHE_PATH="$caches/cuda"
mkdir -p "$MIOPEN_USER_DB_PATH" "$XDG_CACHE_HOME"
