output "api_url" {
  description = "Where events are sent: POST one, a JSON array, or NDJSON."
  value       = one(concat(module.rest_api[*].url, module.http_api[*].url))
}

output "api_keys" {
  description = "Each caller's key, for the header x-api-key; empty with JWT."
  value       = length(module.rest_api) > 0 ? module.rest_api[0].api_keys : {}
  sensitive   = true
}

output "upload_bucket" {
  description = "Files put here are imported: `aws s3 cp orders.json s3://<bucket>/`."
  value       = module.ingest.upload_bucket
}

output "results_bucket" {
  description = "Reports, rejects and checkpoints of imports."
  value       = module.ingest.results_bucket
}

output "upload_queue_url" {
  description = "Queue of uploads that wait; null with the direct trigger."
  value       = module.ingest.queue_url
}

output "failed_queue_url" {
  description = "Queue of files that could not be imported."
  value       = module.ingest.failed_queue_url
}

output "function_names" {
  description = "The two functions."
  value       = { lambda_api = module.lambda_api.name, lambda_s3 = module.lambda_s3.name }
}

output "log_groups" {
  description = "Where the functions log."
  value       = { lambda_api = module.lambda_api.log_group, lambda_s3 = module.lambda_s3.log_group }
}

output "vpc_id" {
  description = "The VPC."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "Subnets for the Producer's internal load balancer."
  value       = module.network.private_subnet_ids
}

output "producer_security_group" {
  description = "Name and id of the security group for the Producer's load balancer: the functions reach it."
  value       = module.network.producer_security_group
}

output "public_subnet_ids" {
  description = "Subnets that face the internet."
  value       = module.network.public_subnet_ids
}

output "cluster_name" {
  description = "The EKS cluster; null without one."
  value       = one(module.cluster[*].name)
}

output "kafka_bootstrap_servers" {
  description = "For KAFKA_BOOTSTRAP_SERVERS of the Producer and the Consumer; null without MSK."
  value       = one(module.msk[*].bootstrap_servers)
}
