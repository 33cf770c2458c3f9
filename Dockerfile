# One image for every Airflow component, MLflow and the command line, from the same lock as the demo.
ARG PYTHON=3.11.14

FROM python:${PYTHON}-bookworm AS build
ENV UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/churn/venv \
    && sed -n '/^uv==/,/^ *# via/p' requirements.txt > uv.txt \
    && /opt/churn/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement uv.txt \
    && /opt/churn/venv/bin/uv pip sync --python /opt/churn/venv/bin/python --compile-bytecode --require-hashes requirements.txt \
    && cp /usr/lib/*-linux-gnu/libgomp.so.1 /opt/churn/
COPY churn_tasks /opt/churn/app/churn_tasks
COPY plugins /opt/churn/app/plugins
COPY dags /opt/churn/app/dags
COPY include /opt/churn/app/include
RUN python -m compileall -q /opt/churn/app

FROM python:${PYTHON}-slim-bookworm
ENV PATH=/opt/churn/venv/bin:$PATH \
    PYTHONPATH=/opt/churn/app:/opt/churn/app/plugins \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LD_LIBRARY_PATH=/opt/churn \
    AIRFLOW_HOME=/var/lib/airflow \
    CHURN_STATE_DIR=/var/lib/churn
# /var/lib/churn holds the lake, the token key and the models; /var/lib/airflow the logs. Both are volumes.
RUN groupadd --gid 10001 churn && useradd --uid 10001 --gid churn --no-create-home --home-dir /var/lib/airflow churn \
    && install -d -o churn -g churn -m 0700 /var/lib/airflow /var/lib/airflow/logs /var/lib/churn /var/lib/churn/mlflow
COPY --from=build /opt/churn /opt/churn
WORKDIR /opt/churn/app
USER 10001:10001
ENTRYPOINT ["/bin/sh", "-c", "umask 077 && exec \"$@\"", "--"]
CMD ["python", "-m", "churn_tasks", "--help"]
