output "bootstrap_servers" {
  description = "For KAFKA_BOOTSTRAP_SERVERS, with SASL over TLS."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}
