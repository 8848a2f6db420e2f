variable "name" {
  type        = string
  description = "Name of the API."
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

variable "jwt_issuer" {
  type        = string
  description = "URL of the identity provider."
}

variable "jwt_audience" {
  type        = list(string)
  description = "Audiences of which a token must name one."
}

variable "cors_origins" {
  type        = list(string)
  description = "Origins whose pages may call the API; empty: none."
}

variable "throttle_rate" {
  type        = number
  description = "Requests a second, above it 429."
}

variable "throttle_burst" {
  type        = number
  description = "Requests at once, above it 429."
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
