# The hub for production. RUN steps use paths below WORKDIR alone: where no Docker engine can be had,
# test/ground/docker-image.test.ts runs these steps in an empty folder and starts what comes of them.

FROM node:24-bookworm-slim AS build
WORKDIR /hub
COPY package.json package-lock.json ./
# Install scripts would fetch what no image needs: another Node, an embedded PostgreSQL.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json prisma.config.ts LICENSE ./
COPY bin/hub.js bin/
COPY prisma prisma/
COPY src src/
RUN npm run prepare && npm run build
# Stand-ins for the world during development: the hub loads them on demand, and in production never does.
RUN rm -r dist/embedded dist/sandbox
# Whatever the modes in the checkout were: the hub's user owns nothing here and must be able to read all of it.
RUN chmod -R a+rX bin dist prisma package.json LICENSE

FROM node:24-bookworm-slim AS dependencies
WORKDIR /hub
COPY package.json package-lock.json ./
# Prisma's client may stand beside Prisma's command line and TypeScript; the lock file counts those as optional, and they
# would be two thirds of the image.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production METRICS_PORT=9464
WORKDIR /hub
COPY --from=dependencies /hub/node_modules node_modules/
# koffi's own binary counts as optional too: without it no HSM can be reached.
COPY --from=build /hub/node_modules/@koromix node_modules/@koromix/
COPY --from=build /hub/package.json /hub/LICENSE ./
COPY --from=build /hub/bin bin/
COPY --from=build /hub/dist dist/
COPY --from=build /hub/prisma/migrations prisma/migrations/
# A number, so that an orchestrator can see that it is not root. Nothing is written: the root may be read-only.
USER 10001:10001
EXPOSE 3000 9464
# Does the process answer? API and worker both do on this port. Whether they can work is for /readyz beside it: a database
# that is away is not mended by a restart.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/hub.js"]
CMD ["api"]
