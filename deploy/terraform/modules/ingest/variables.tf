variable "name" {
  type        = string
  description = "Begins the name of every resource."
}

variable "bucket_suffix" {
  type        = string
  description = "Ends the names of the buckets, which are unique in the whole world."
}

variable "account_id" {
  type        = string
  description = "The account, so that only its own bucket may trigger."
}

variable "trigger" {
  type        = string
  description = "queue: S3 -> SQS -> function; direct: S3 -> function."
}

variable "function_name" {
  type        = string
  description = "Name of the function that imports files."
}

variable "function_arn" {
  type        = string
  description = "ARN of the function that imports files."
}

variable "function_arn_for_policy" {
  type        = string
  description = "The same, made from names: the function's own role cannot wait for the function."
}

variable "function_timeout_seconds" {
  type        = number
  description = "Time limit of that function; the queue's visibility timeout is six times as long."
}

variable "function_concurrency" {
  type        = number
  description = "Reserved concurrency of that function; -1: none."
}

variable "max_receive_count" {
  type        = number
  description = "Tries of one message before it becomes a dead letter; each continuation of a big file is one."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for objects; null: S3's own keys."
}

variable "force_destroy" {
  type        = bool
  description = "Whether destroy may delete buckets that hold objects."
}

variable "noncurrent_days" {
  type        = number
  description = "Days after which replaced or deleted versions are removed."
}

variable "upload_expiration_days" {
  type        = number
  description = "Days after which uploads expire; 0: never."
}

variable "results_expiration_days" {
  type        = number
  description = "Days after which reports and rejects expire; 0: never."
}

variable "alarm_topic_arns" {
  type        = list(string)
  description = "SNS topics that alarms are sent to."
}
