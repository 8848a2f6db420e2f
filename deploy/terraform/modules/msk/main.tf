# Kafka as a service, for the Producer and the Consumer. The functions never talk to it.

locals {
  # As the Producer expects them: every record on two brokers before it is accepted, no topic by chance.
  broker_properties = {
    "auto.create.topics.enable"      = "false"
    "default.replication.factor"     = "3"
    "min.insync.replicas"            = "2"
    "unclean.leader.election.enable" = "false"
    "num.partitions"                 = tostring(var.partitions)
  }

  # A letter carries its record and the reasons in headers, so its topic takes more than the record's.
  topic_configs = merge([
    for topic in var.topics : {
      (topic)                = { "retention.ms" = tostring(var.retention_days * 86400000), "max.message.bytes" = "1048588" }
      "${topic}.dlq"         = { "retention.ms" = "-1", "max.message.bytes" = "1179660" }
      "${topic}.dlq.actions" = { "retention.ms" = "-1", "max.message.bytes" = "1048588" }
    }
  ]...)
}

resource "aws_msk_configuration" "this" {
  name              = var.name
  description       = "What the Producer and the Consumer rely on"
  kafka_versions    = [var.kafka_version]
  server_properties = join("\n", [for property, value in local.broker_properties : "${property}=${value}"])
}

resource "aws_cloudwatch_log_group" "brokers" {
  name              = "/aws/msk/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.broker_count
  enhanced_monitoring    = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.brokers.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.volume_gib
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  client_authentication {
    sasl {
      scram = true
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.kms_key_arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.brokers.name
      }
    }
  }
}

# Users and passwords are secrets of Secrets Manager, which never pass through Terraform.
resource "aws_msk_scram_secret_association" "this" {
  count           = length(var.scram_secret_arns) > 0 ? 1 : 0
  cluster_arn     = aws_msk_cluster.this.arn
  secret_arn_list = var.scram_secret_arns
}

resource "aws_msk_topic" "this" {
  for_each           = local.topic_configs
  cluster_arn        = aws_msk_cluster.this.arn
  name               = each.key
  partition_count    = var.partitions
  replication_factor = 3
  configs            = base64encode(jsonencode(each.value))
}

resource "aws_security_group" "brokers" {
  name        = "${var.name}-brokers"
  description = "Kafka brokers: SASL over TLS from the clients only"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-brokers" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each                     = var.client_security_groups
  security_group_id            = aws_security_group.brokers.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 9096
  to_port                      = 9096
  description                  = "SASL over TLS from ${each.key}"
}
