# The server's image: `docker build -t mlopsctl .`, then `docker run --read-only -v ./model:/model:ro -p 8080:8080 mlopsctl`.
# tests/e2e/image/run.sh builds and starts it without a container engine.
#
# What it is built from and on, by digest. Debian's packages are those of the day of the build: build it anew for their security updates.
# The image keeps Debian's package database, which scanners make a list of parts (SBOM) of; BuildKit adds one, and a record of where the
# image comes from, by `docker buildx build --sbom=true --provenance=true`.
ARG BASE=debian:12@sha256:8a8cd02c5912770b4980228a54d4aff9e4f986f1eb2525d2d371dec5232cefcc

FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# OFF leaves libtorch out, and with it models that fine-tune an encoder: a third of the size.
ARG TORCH=ON
WORKDIR /src
COPY .ci .ci
RUN .ci/install build
COPY . .
# The module that uses libtorch finds it at the place where the build had it: the runtime gets it at the same one.
ENV XDG_CACHE_HOME=/opt
RUN --mount=type=cache,target=/opt/ccache \
    cmake --preset release -DMLOPSCTL_TORCH="$TORCH" && ninja -C build/release mlopsctl
RUN mkdir -p /out/usr/local/bin /out/model /out/data \
 && for file in build/release/mlopsctl build/release/mlopsctl_torch.so; do if [ -e "$file" ]; then strip -o "/out/usr/local/bin/${file##*/}" "$file"; fi; done \
 && chmod 755 /out/usr/local/bin/* && chown 65532:65532 /out/data \
 && for library in /opt/mlopsctl/libtorch-*/; do if [ -d "$library" ]; then mkdir -p "/out$library" && cp -a "$library/." "/out$library" && rm -rf "/out$library/torch/include"; fi; done

FROM ${BASE} AS runtime
LABEL org.opencontainers.image.title="mlopsctl" \
      org.opencontainers.image.description="Serves a text classification model" \
      org.opencontainers.image.licenses="Apache-2.0"
# What mlopsctl is linked to, and the three libraries that it opens when it needs them: curl, git, PostgreSQL. No versions are named, so that
# a build anew brings security updates.
# hadolint ignore=DL3008
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates \
      libcurl4 libfmt9 libgit2-1.5 libgomp1 liblinear4 libpq5 libre2-9 libsodium23 libspdlog1.10 libsqlite3-0 libssl3 libstemmer0d libutf8proc2 libyaml-cpp0.7 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
COPY --from=build /out/ /
# As the manifests that mlopsctl renders have it. Nothing is written but below /data and /tmp: both may be volumes, all else read-only.
USER 65532:65532
WORKDIR /data
ENV HOME=/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["mlopsctl", "probe"]
ENTRYPOINT ["mlopsctl"]
CMD ["serve", "--model", "/model"]
