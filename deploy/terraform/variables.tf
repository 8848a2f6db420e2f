# --- Names and places -----------------------------------------------------------------------------

variable "name" {
  type        = string
  default     = "tributary"
  description = "Begins the name of every resource; two stacks in one account need two names."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must have 2 to 20 characters, lower-case letters, digits and dashes, and begin with a letter, since buckets are named by it; \"${var.name}\" does not."
  }
}

variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "AWS region."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of an AWS region, such as eu-central-1; \"${var.region}\" is none."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of every resource, beside application = name."
}

# --- Network --------------------------------------------------------------------------------------

variable "vpc_cidr" {
  type        = string
  default     = "10.40.0.0/16"
  description = "Address range of the VPC."

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) <= 20 && tonumber(split("/", var.vpc_cidr)[1]) >= 16, false)
    error_message = "vpc_cidr must be an IPv4 range from /16 to /20, such as 10.40.0.0/16, so that every zone gets a subnet; \"${var.vpc_cidr}\" is not."
  }
}

variable "zones" {
  type        = list(string)
  default     = []
  description = "Availability zones by name; empty: the first zone_count of the region."

  validation {
    condition     = length(var.zones) <= 6 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones must name at most 6 different availability zones, such as [\"eu-central-1a\", \"eu-central-1b\"]."
  }
}

variable "zone_count" {
  type        = number
  default     = 2
  description = "How many zones are used where zones names none."

  validation {
    condition     = var.zone_count >= 1 && var.zone_count <= 6 && floor(var.zone_count) == var.zone_count
    error_message = "zone_count must be a whole number from 1 to 6."
  }
}

variable "nat" {
  type        = string
  default     = "none"
  description = "none: interface endpoints instead; single: one NAT gateway; per_zone: one a zone."

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat)
    error_message = "nat must be none, single or per_zone; \"${var.nat}\" is not known."
  }
}

# --- The Producer ---------------------------------------------------------------------------------

variable "producer_url" {
  type        = string
  description = "URL of the Producer as seen from the VPC, such as http://producer.internal:8081."

  validation {
    condition     = can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/.*)?$", var.producer_url))
    error_message = "producer_url must be an http or https URL, such as http://producer.internal:8081; \"${var.producer_url}\" is not."
  }
}

variable "producer_cidrs" {
  type        = list(string)
  default     = []
  description = "Where the Producer listens, for the functions' security group; empty: anywhere in the VPC."

  validation {
    condition     = alltrue([for cidr in var.producer_cidrs : can(cidrnetmask(cidr))])
    error_message = "producer_cidrs must hold IPv4 ranges, such as [\"10.1.0.0/16\"]."
  }
}

variable "producer_token_secret_arn" {
  type        = string
  default     = null
  description = "Secret whose text is the bearer token for the Producer; null: none is sent. The functions read it themselves."

  validation {
    condition     = var.producer_token_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.producer_token_secret_arn))
    error_message = "producer_token_secret_arn must be the ARN of a secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>, never the token itself."
  }
}

# --- The functions --------------------------------------------------------------------------------

variable "lambda_api_zip" {
  type        = string
  default     = null
  description = "Path of lambda_api's package; null: build/lambda/lambda_api.zip of this repository."
}

variable "lambda_s3_zip" {
  type        = string
  default     = null
  description = "Path of lambda_s3's package; null: build/lambda/lambda_s3.zip of this repository."
}

variable "lambda_api_memory_mb" {
  type        = number
  default     = 256
  description = "Memory of one instance of lambda_api."

  validation {
    condition     = var.lambda_api_memory_mb >= 128 && var.lambda_api_memory_mb <= 10240
    error_message = "lambda_api_memory_mb must be from 128 to 10240."
  }
}

variable "lambda_s3_memory_mb" {
  type        = number
  default     = 512
  description = "Memory of one instance of lambda_s3."

  validation {
    condition     = var.lambda_s3_memory_mb >= 128 && var.lambda_s3_memory_mb <= 10240
    error_message = "lambda_s3_memory_mb must be from 128 to 10240."
  }
}

variable "lambda_s3_timeout_seconds" {
  type        = number
  default     = 900
  description = "Time limit of one invocation of lambda_s3; a file that needs longer is continued."

  validation {
    condition     = var.lambda_s3_timeout_seconds >= 60 && var.lambda_s3_timeout_seconds <= 900
    error_message = "lambda_s3_timeout_seconds must be from 60 to 900, which is Lambda's limit."
  }
}

variable "lambda_api_concurrency" {
  type        = number
  default     = 50
  description = "Instances reserved for lambda_api, and its limit; -1: none, the account's pool."

  validation {
    condition     = var.lambda_api_concurrency == -1 || var.lambda_api_concurrency >= 1
    error_message = "lambda_api_concurrency must be -1 (none) or 1 and more."
  }
}

variable "lambda_s3_concurrency" {
  type        = number
  default     = 10
  description = "Instances reserved for lambda_s3, and its limit: how many files are imported at once; -1: none."

  validation {
    condition     = var.lambda_s3_concurrency == -1 || (var.lambda_s3_concurrency >= 2 && var.lambda_s3_concurrency <= 1000)
    error_message = "lambda_s3_concurrency must be -1 (none) or from 2 to 1000, as SQS's pollers need."
  }
}

variable "log_level" {
  type        = string
  default     = "info"
  description = "The least level that the functions log."

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be debug, info, warn or error; \"${var.log_level}\" is not known."
  }
}

# --- Keeping watch --------------------------------------------------------------------------------

variable "log_retention_days" {
  type        = number
  default     = 365
  description = "Days that every log group keeps its lines."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics that alarms are sent to; empty: they are only shown."

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:", arn))])
    error_message = "alarm_topic_arns must hold ARNs of SNS topics, arn:aws:sns:<region>:<account>:<name>."
  }
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "Customer key for objects, logs, environments, Kubernetes secrets and brokers; null: AWS's own keys. Its policy must let CloudWatch Logs use it."

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, arn:aws:kms:<region>:<account>:key/<id>."
  }
}
