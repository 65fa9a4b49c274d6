# Build: docker build -t clonotrack .    Run: docker run --rm -v "$PWD":/data -w /data clonotrack --help
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels

FROM python:3.11-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(ls /wheels/*.whl)[workflow]" && rm -r /wheels && useradd --create-home clonotrack
# Compiled kernels serve one kind of CPU: here every x86-64 one since about 2013 (AVX2). For others, as ARM, build with
# `--build-arg CPU=generic`. The empty list of features stands for "those of that CPU, not of the building machine".
ARG CPU=x86-64-v3
ENV CLONOTRACK_CACHE=/opt/clonotrack/cache NUMBA_CPU_NAME=$CPU NUMBA_CPU_FEATURES=
RUN clonotrack compile
USER clonotrack
ENTRYPOINT ["clonotrack"]
