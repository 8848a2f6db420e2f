# Writes this broker's own properties and formats its volume, unless that was done before.
set -eu
voters='' n=0
while [ "$n" -lt "$REPLICAS" ]; do
    voters="$voters${voters:+,}$n@kafka-$n.kafka-brokers.kafka.svc.cluster.local:9093"
    n=$((n + 1))
done
{
    cat /etc/tributary/server.properties
    echo "node.id=$ORDINAL"
    echo "controller.quorum.voters=$voters"
} >/run/kafka/server.properties
exec /opt/kafka/bin/kafka-storage.sh format --ignore-formatted \
    --cluster-id "$CLUSTER_ID" --config /run/kafka/server.properties
