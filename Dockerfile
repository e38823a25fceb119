# One image for the service (dist/service/main.js), the edge (dist/edge/main.js, the default) and, where there is no
# Resgate, the embedded gateway (dist/res-service/src/gateway/main.js). NATS is a container of its own.
ARG NODE_IMAGE=node:24-bookworm-slim

# On the builder's own platform also for others: what it makes is JavaScript, the same everywhere.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
# Dependencies first: this layer changes with the lockfile only.
COPY package.json package-lock.json ./
COPY cli/package.json cli/
COPY clients/js/package.json clients/js/
COPY clients/react/package.json clients/react/
COPY res-service/package.json res-service/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.base.json ./
COPY clients clients
COPY config config
COPY contract contract
COPY edge edge
COPY limits limits
COPY observe observe
COPY res-service res-service
COPY service service
COPY tools tools
COPY web web
RUN npm run build && npm run build:web && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
# NODE_OPTIONS: see config/node-flags.ts.
ENV NODE_ENV=production HOST=0.0.0.0 NODE_OPTIONS="--max-semi-space-size=32 --enable-source-maps"
WORKDIR /app
# All belongs to root: the process can't change its own code.
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/web/dist web/dist
COPY package.json resgate.config.json ./
# The user `node` of the image, by number so that an orchestrator can tell that it is not root.
USER 1000:1000
EXPOSE 8000 8080
CMD ["node", "dist/edge/main.js"]
