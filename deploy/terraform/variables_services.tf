# --- Optional: where the Producer and the Consumer run --------------------------------------------

variable "cluster_enabled" {
  type        = bool
  default     = false
  description = "Whether to make an EKS cluster."

  validation {
    condition     = !var.cluster_enabled || var.nat != "none"
    error_message = "cluster_enabled needs nat = \"single\" or \"per_zone\": nodes fetch images from outside the VPC."
  }

  validation {
    condition     = !var.cluster_enabled || (length(var.zones) > 0 ? length(var.zones) : var.zone_count) >= 2
    error_message = "cluster_enabled needs at least 2 zones; raise zone_count, or name two in zones."
  }
}

variable "cluster_version" {
  type        = string
  default     = "1.34"
  description = "Kubernetes version."

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.cluster_version))
    error_message = "cluster_version must be a Kubernetes version such as 1.34; \"${var.cluster_version}\" is not."
  }
}

variable "cluster_public_access_cidrs" {
  type        = list(string)
  default     = []
  description = "Who may reach the API server from outside; empty: only the VPC."

  validation {
    condition     = alltrue([for cidr in var.cluster_public_access_cidrs : can(cidrnetmask(cidr))])
    error_message = "cluster_public_access_cidrs must hold IPv4 ranges, such as [\"203.0.113.7/32\"]."
  }
}

variable "cluster_instance_types" {
  type        = list(string)
  default     = ["m7i.large"]
  description = "Instance types of the nodes; x86-64."

  validation {
    condition     = length(var.cluster_instance_types) > 0
    error_message = "cluster_instance_types must name at least one instance type, such as m7i.large."
  }
}

variable "cluster_nodes" {
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }
  description = "Least and most nodes."

  validation {
    condition     = var.cluster_nodes.min >= 1 && var.cluster_nodes.max >= var.cluster_nodes.min
    error_message = "cluster_nodes must be { min = <1 or more>, max = <min or more> }."
  }
}

variable "msk_enabled" {
  type        = bool
  default     = false
  description = "Whether to make a Kafka cluster (MSK) of three brokers."

  validation {
    condition     = !var.msk_enabled || (length(var.zones) > 0 ? length(var.zones) : var.zone_count) == 3
    error_message = "msk_enabled needs exactly 3 zones, one a broker; set zone_count = 3, or name three in zones."
  }
}

variable "msk_version" {
  type        = string
  default     = "3.9.x"
  description = "Version of Kafka."

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.([0-9]+|x)(\\.kraft)?$", var.msk_version))
    error_message = "msk_version must be a version of MSK such as 3.9.x; \"${var.msk_version}\" is not."
  }
}

variable "msk_instance_type" {
  type        = string
  default     = "kafka.m7g.large"
  description = "Instance type of the brokers."

  validation {
    condition     = startswith(var.msk_instance_type, "kafka.")
    error_message = "msk_instance_type must be one of MSK's, such as kafka.m7g.large; \"${var.msk_instance_type}\" is not."
  }
}

variable "msk_volume_gib" {
  type        = number
  default     = 100
  description = "Disk of each broker, in GiB."

  validation {
    condition     = var.msk_volume_gib >= 1 && var.msk_volume_gib <= 16384
    error_message = "msk_volume_gib must be from 1 to 16384."
  }
}

variable "msk_partitions" {
  type        = number
  default     = 6
  description = "Partitions of each topic: as many Consumers can share the work."

  validation {
    condition     = var.msk_partitions >= 1 && var.msk_partitions <= 1000
    error_message = "msk_partitions must be from 1 to 1000."
  }
}

variable "msk_retention_days" {
  type        = number
  default     = 7
  description = "Days that records are kept; dead letters never expire."

  validation {
    condition     = var.msk_retention_days >= 1
    error_message = "msk_retention_days must be 1 or more."
  }
}

variable "msk_scram_secret_arns" {
  type        = list(string)
  default     = []
  description = "Secrets with a user and a password each; MSK wants names that begin with AmazonMSK_, and a customer key."

  validation {
    condition     = alltrue([for arn in var.msk_scram_secret_arns : can(regex("^arn:aws[a-z-]*:secretsmanager:.+:secret:AmazonMSK_", arn))])
    error_message = "msk_scram_secret_arns must hold ARNs of secrets whose names begin with AmazonMSK_."
  }
}

variable "additional_topics" {
  type        = list(string)
  default     = []
  description = "Topics of the entity types that ENTITY_CATALOG adds to products, orders and suppliers."

  validation {
    condition     = alltrue([for topic in var.additional_topics : can(regex("^[A-Za-z0-9._-]{1,200}$", topic))])
    error_message = "additional_topics must hold names of 1 to 200 letters, digits, dots, dashes and underscores."
  }
}
