# syntax=docker/dockerfile:1
# The exporter is the last stage and the default: Node, the libraries that it loads, and godrift; no shell, no package manager.
# `--target demo` has a Debian around it, two Go toolchains and the demo's scripts.
# Bases are tags that are known to exist; a release passes them with their digests (--build-arg NODE_IMAGE=node:…@sha256:…).
ARG NODE_IMAGE=node:24-trixie-slim
ARG GO_IMAGE=golang:1.26.5
ARG OTHER_GO_IMAGE=golang:1.27.1

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
# What the image consists of, as npm knows it; Node and its libraries are those of the base.
RUN npm sbom --sbom-format=cyclonedx --package-lock-only --omit=dev > /sbom.cdx.json
COPY scripts/build.js scripts/code-cache.cjs scripts/image-root.sh scripts/
COPY src src
ARG REVISION=unknown
RUN GODRIFT_REVISION=${REVISION} npm run build && chmod 0755 dist/godrift.js && node dist/godrift.js version
RUN sh scripts/image-root.sh /image "$(command -v node)"

FROM ${NODE_IMAGE} AS base
COPY --from=build /src/dist /app/dist
COPY package.json LICENSE /app/
COPY prometheus /app/prometheus
# For a volume of its own: it takes over the owner of the folder that it is mounted on.
RUN ln -s /app/dist/godrift.js /usr/local/bin/godrift && install -d -o 65532 -g 65532 /var/lib/godrift
ENV NODE_ENV=production GODRIFT_STATE_DIRECTORY=/var/lib/godrift
# A number, so that Kubernetes can see that it is not root. Any other works: nothing asks who the user is.
USER 65532:65532
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["node", "/app/dist/godrift.js", "healthcheck"]
ENTRYPOINT ["node", "/app/dist/godrift.js"]
CMD ["serve"]

FROM ${GO_IMAGE} AS go
FROM ${OTHER_GO_IMAGE} AS other-go

FROM base AS demo
COPY --from=go /usr/local/go /usr/local/go
COPY --from=other-go /usr/local/go /usr/local/go-other
COPY demo /app/demo
# The environment of everybody on the stage: the one who acts and the exporter that looks.
ENV STAGE=/stage DEMO=/app/demo HOME=/stage/home SHELL=/bin/sh GOPROXY=off CGO_ENABLED=0 \
  PATH=/stage/home/bin:/stage/go/current/bin:/usr/local/bin:/usr/bin:/bin
USER root
RUN install -d -o 65532 -g 65532 /stage
USER 65532:65532
# A volume that is mounted there for the first time takes over what it finds.
RUN sh /app/demo/prepare /stage /usr/local/go /usr/local/go-other

FROM scratch AS runtime
ARG VERSION=0.0.0 REVISION=unknown CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="godrift" \
  org.opencontainers.image.description="Watches what decides a Go build and tells Prometheus and Jaeger when it drifts" \
  org.opencontainers.image.source="https://github.com/godrift/godrift" \
  org.opencontainers.image.documentation="https://github.com/godrift/godrift#readme" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.vendor="godrift"
COPY --from=build /image /
COPY --from=build /sbom.cdx.json /app/
COPY --from=build /src/dist /app/dist
COPY package.json LICENSE /app/
COPY prometheus /app/prometheus
ENV NODE_ENV=production GODRIFT_STATE_DIRECTORY=/var/lib/godrift
# A number, so that Kubernetes can see that it is not root. Any other works: nothing asks who the user is.
USER 65532:65532
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["/usr/local/bin/node", "/app/dist/godrift.js", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/godrift.js"]
CMD ["serve"]
