# Build: docker build -t clonotrack .    Run: docker run --rm -v "$PWD":/data -w /data clonotrack --help
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels

FROM python:3.11-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(ls /wheels/*.whl)[workflow]" && rm -r /wheels && useradd --create-home clonotrack
USER clonotrack
ENV CLONOTRACK_CACHE=/home/clonotrack/.cache
ENTRYPOINT ["clonotrack"]
