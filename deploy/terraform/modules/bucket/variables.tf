variable "bucket" {
  type        = string
  description = "Name of the bucket."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for its objects; null: S3's own keys."
}

variable "force_destroy" {
  type        = bool
  description = "Whether destroy may delete a bucket that holds objects."
}

variable "noncurrent_days" {
  type        = number
  description = "Days after which versions that were replaced or deleted are removed."
}

variable "expiration_days" {
  type        = map(number)
  description = "Days after which objects below a prefix expire; 0: never."
}
