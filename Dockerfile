# One image for every Airflow component, MLflow and the command line, from the lock of what the services need.
ARG PYTHON=3.11.14

FROM python:${PYTHON}-bookworm AS build
ENV UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /build
COPY requirements.txt requirements-services.txt ./
# uv comes by its hash into a place of its own, which stays behind like pip. The tests of six large packages stay behind too.
RUN python -m venv uv \
    && sed -n '/^uv==/,/^ *# via/p' requirements.txt > uv.txt \
    && uv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement uv.txt \
    && python -m venv --without-pip /opt/churn/venv \
    && uv/bin/uv pip sync --python /opt/churn/venv/bin/python --compile-bytecode --require-hashes requirements-services.txt \
    && cd /opt/churn/venv/lib/python3.11/site-packages \
    && find matplotlib mpl_toolkits numpy pandas pyarrow scipy sklearn -type d -name tests -prune -exec rm -r {} + \
    && cp /usr/lib/*-linux-gnu/libgomp.so.1 /opt/churn/
COPY churn_tasks /opt/app/churn_tasks
COPY plugins /opt/app/plugins
COPY dags /opt/app/dags
COPY include /opt/app/include
RUN python -m compileall -q -s /opt/app -p /opt/churn/app /opt/app

FROM python:${PYTHON}-slim-bookworm
ENV PATH=/opt/churn/venv/bin:$PATH \
    PYTHONPATH=/opt/churn/app:/opt/churn/app/plugins \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LD_LIBRARY_PATH=/opt/churn \
    AIRFLOW_HOME=/tmp/airflow \
    CHURN_STATE_DIR=/var/lib/churn
# /var/lib/churn, a volume, holds the lake, the token key, the models and the logs. What else is written may be lost: /tmp.
RUN groupadd --gid 10001 churn && useradd --uid 10001 --gid churn --no-create-home --home-dir /tmp churn \
    && install -d -o churn -g churn -m 0700 /var/lib/churn /var/lib/churn/mlflow
# what a release changes comes last: where the lock stays the same, only the small layer is new
COPY --from=build /opt/churn /opt/churn
COPY --from=build /opt/app /opt/churn/app
WORKDIR /opt/churn/app
USER 10001:10001
ENTRYPOINT ["/bin/sh", "-c", "umask 077 && exec \"$@\"", "--"]
CMD ["python", "-m", "churn_tasks", "--help"]
