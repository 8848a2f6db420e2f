# --- The API --------------------------------------------------------------------------------------

variable "api_authentication" {
  type        = string
  default     = "api_key"
  description = "api_key: a REST API with keys and a usage plan; jwt: an HTTP API that checks tokens."

  validation {
    condition     = contains(["api_key", "jwt"], var.api_authentication)
    error_message = "api_authentication must be api_key or jwt; \"${var.api_authentication}\" is not known."
  }
}

variable "api_callers" {
  type        = list(string)
  default     = ["default"]
  description = "With api_key: names of callers, each of whom gets a key."

  validation {
    condition     = alltrue([for caller in var.api_callers : can(regex("^[A-Za-z0-9_-]{1,64}$", caller))]) && length(distinct(var.api_callers)) == length(var.api_callers)
    error_message = "api_callers must hold different names of 1 to 64 letters, digits, dashes and underscores."
  }
}

variable "api_stage" {
  type        = string
  default     = "v1"
  description = "With api_key: the stage, the first part of every path."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.api_stage))
    error_message = "api_stage must have 1 to 128 letters, digits, dashes and underscores; \"${var.api_stage}\" does not."
  }
}

variable "api_throttle" {
  type        = object({ rate = number, burst = number })
  default     = { rate = 500, burst = 1000 }
  description = "Requests a second, and at once; above them 429."

  validation {
    condition     = var.api_throttle.rate >= 1 && var.api_throttle.burst >= 1 && var.api_throttle.burst <= 10000
    error_message = "api_throttle must be { rate = <1 or more>, burst = <1 to 10000> }."
  }
}

variable "api_requests_per_day" {
  type        = number
  default     = 0
  description = "With api_key: requests a day and caller, above it 429; 0: no limit."

  validation {
    condition     = var.api_requests_per_day >= 0
    error_message = "api_requests_per_day must be 0 (no limit) or more."
  }
}

variable "api_binary_media_types" {
  type        = list(string)
  default     = ["application/octet-stream", "application/gzip", "application/zstd"]
  description = "With api_key: content types that reach the function byte by byte; others are taken for text."

  validation {
    condition     = alltrue([for media_type in var.api_binary_media_types : can(regex("^[^/ ]+/[^/ ]+$", media_type))])
    error_message = "api_binary_media_types must hold content types, such as application/octet-stream."
  }
}

variable "api_cors_origins" {
  type        = list(string)
  default     = []
  description = "Origins whose pages may call the API; empty: none. A REST API knows all ([\"*\"]) or none."

  validation {
    condition     = alltrue([for origin in var.api_cors_origins : can(regex("^(\\*|https?://[^/]+)$", origin))])
    error_message = "api_cors_origins must hold \"*\" or origins such as https://shop.example (no path)."
  }

  validation {
    condition     = var.api_authentication == "jwt" || length(var.api_cors_origins) == 0 || join(",", var.api_cors_origins) == "*"
    error_message = "api_cors_origins must be [] or [\"*\"] with api_authentication = \"api_key\"; single origins need \"jwt\"."
  }
}

variable "api_owns_account_log_role" {
  type        = bool
  default     = true
  description = "With api_key: set the account's role for API Gateway's logs. false where another stack of the region does."
}

variable "jwt_issuer" {
  type        = string
  default     = null
  description = "With jwt: URL of the identity provider."

  validation {
    condition     = var.api_authentication != "jwt" || can(regex("^https://.+$", var.jwt_issuer))
    error_message = "jwt_issuer must be the https URL of the identity provider when api_authentication is jwt."
  }
}

variable "jwt_audience" {
  type        = list(string)
  default     = []
  description = "With jwt: audiences of which a token must name one."

  validation {
    condition     = var.api_authentication != "jwt" || length(var.jwt_audience) > 0
    error_message = "jwt_audience must name at least one audience when api_authentication is jwt."
  }
}

# --- Files ----------------------------------------------------------------------------------------

variable "upload_trigger" {
  type        = string
  default     = "queue"
  description = "queue: S3 -> SQS -> function, for files of any size; direct: S3 -> function, for files that end within three invocations."

  validation {
    condition     = contains(["queue", "direct"], var.upload_trigger)
    error_message = "upload_trigger must be queue or direct; \"${var.upload_trigger}\" is not known."
  }
}

variable "upload_max_tries" {
  type        = number
  default     = 100
  description = "Invocations that one file may take, tries and continuations together, before it is given up."

  validation {
    condition     = var.upload_max_tries >= 100 && var.upload_max_tries <= 1000
    error_message = "upload_max_tries must be from 100 to 1000: each continuation of a big file counts as a try."
  }
}

variable "upload_expiration_days" {
  type        = number
  default     = 0
  description = "Days after which uploads expire; 0: never."

  validation {
    condition     = var.upload_expiration_days == 0 || var.upload_expiration_days >= 15
    error_message = "upload_expiration_days must be 0 (never) or at least 15, since a file may wait 14 days in the queue."
  }
}

variable "results_expiration_days" {
  type        = number
  default     = 0
  description = "Days after which reports and rejects expire; 0: never."

  validation {
    condition     = var.results_expiration_days >= 0
    error_message = "results_expiration_days must be 0 (never) or more."
  }
}

variable "noncurrent_days" {
  type        = number
  default     = 30
  description = "Days after which replaced or deleted versions are removed from both buckets."

  validation {
    condition     = var.noncurrent_days >= 15
    error_message = "noncurrent_days must be at least 15, since a version may wait 14 days in the queue."
  }
}

variable "buckets_force_destroy" {
  type        = bool
  default     = false
  description = "Whether destroy deletes buckets that hold objects."
}
