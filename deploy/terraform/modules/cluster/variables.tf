variable "name" {
  type        = string
  description = "Name of the cluster."
}

variable "kubernetes_version" {
  type        = string
  description = "Kubernetes version of the control plane and the nodes."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in two zones or more."
}

variable "public_access_cidrs" {
  type        = list(string)
  description = "Who may reach the API server from outside; empty: only the VPC."
}

variable "instance_types" {
  type        = list(string)
  description = "Instance types of the nodes."
}

variable "nodes" {
  type        = object({ min = number, max = number })
  description = "Least and most nodes."
}

variable "kms_key_arn" {
  type        = string
  description = "Customer key for Kubernetes secrets and the log; null: AWS's own keys."
}

variable "log_retention_days" {
  type        = number
  description = "Days that the control plane's log is kept."
}
