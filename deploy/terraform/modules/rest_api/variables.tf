variable "name" {
  type        = string
  description = "Name of the API."
}

variable "stage" {
  type        = string
  description = "Name of its stage, the first part of every path."
}

variable "function_name" {
  type        = string
  description = "The function that answers."
}

variable "function_invoke_arn" {
  type        = string
  description = "How API Gateway calls it."
}

variable "timeout_ms" {
  type        = number
  description = "How long the gateway waits for the function."
}

variable "callers" {
  type        = list(string)
  description = "Names of callers; each gets an API key."
}

variable "throttle_rate" {
  type        = number
  description = "Requests a second, above it 429."
}

variable "throttle_burst" {
  type        = number
  description = "Requests at once, above it 429."
}

variable "requests_per_day" {
  type        = number
  description = "Requests a day and caller, above it 429; 0: no limit."
}

variable "binary_media_types" {
  type        = list(string)
  description = "Content types whose bodies are handed on byte by byte."
}

variable "cors" {
  type        = bool
  description = "Whether pages of any origin may call the API."
}

variable "owns_account_log_role" {
  type        = bool
  description = "Whether to set the account's role for API Gateway's logs; one stack a region does."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for the access log; null: AWS's own keys."
}

variable "log_retention_days" {
  type        = number
  description = "Days that the access log is kept."
}

variable "alarm_topic_arns" {
  type        = list(string)
  description = "SNS topics that alarms are sent to."
}
