variable "name" {
  type        = string
  description = "Name of the function, its role and its log group."
}

variable "description" {
  type        = string
  description = "What the function does, for the console."
}

variable "zip" {
  type        = string
  description = "Path of the deployment package."
}

variable "memory_mb" {
  type        = number
  description = "Memory of one instance, in MB; the CPU grows with it."
}

variable "timeout_seconds" {
  type        = number
  description = "Time limit of one invocation."
}

variable "duration_alarm_ms" {
  type        = number
  description = "Alarm above this duration; null: no such alarm."
}

variable "reserved_concurrency" {
  type        = number
  description = "Instances that are kept for the function and that it never exceeds; -1: the account's pool."
}

variable "environment" {
  type        = map(string)
  description = "The function's settings; their names are those of docs/configuration.md."
}

variable "policy_documents" {
  type        = list(string)
  description = "IAM policy documents with the rights that this function's work needs."
}

variable "failure_queue" {
  type        = object({ arn = string })
  description = "Queue for asynchronous invocations that failed for good; null: it has none."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets to run in."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the function."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for its environment and its log; null: AWS's own keys."
}

variable "log_retention_days" {
  type        = number
  description = "Days that its log is kept."
}

variable "alarm_topic_arns" {
  type        = list(string)
  description = "SNS topics that alarms are sent to."
}
