# One image for every process of the system; which one it is, the command says (docker-compose.yml).

FROM node:22-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home --home-dir /srv/panjin panjin
WORKDIR /srv/panjin/app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY --from=front-end /build/node_modules node_modules
COPY . .
RUN python -m compileall -q . -x node_modules && mkdir -p /srv/panjin/var && chown panjin: /srv/panjin/var
ENV VAR_DIR=/srv/panjin/var BIND_HOST=0.0.0.0
USER panjin
VOLUME /srv/panjin/var
EXPOSE 8000 7611
ENTRYPOINT ["docker/entrypoint.sh"]
CMD ["web"]
