variable "name" {
  type        = string
  description = "Name of the Kafka cluster."
}

variable "vpc_id" {
  type        = string
  description = "VPC of the brokers."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets of three zones."
}

variable "client_security_groups" {
  type        = map(string)
  description = "Security groups that may connect, by what they are."
}

variable "kafka_version" {
  type        = string
  description = "Version of Kafka."
}

variable "instance_type" {
  type        = string
  description = "Instance type of the brokers."
}

variable "broker_count" {
  type        = number
  description = "Brokers, a multiple of the zones."
}

variable "volume_gib" {
  type        = number
  description = "Disk of each broker."
}

variable "topics" {
  type        = list(string)
  description = "Topics of the catalog; each gets its dead letters beside it."
}

variable "partitions" {
  type        = number
  description = "Partitions of each topic."
}

variable "retention_days" {
  type        = number
  description = "Days that records are kept; dead letters never expire."
}

variable "scram_secret_arns" {
  type        = list(string)
  description = "Secrets named AmazonMSK_* with a user and a password each."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for the disks and the log; null: AWS's own keys."
}

variable "log_retention_days" {
  type        = number
  description = "Days that the brokers' log is kept."
}
