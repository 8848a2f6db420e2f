output "upload_bucket" {
  description = "Bucket for files to import."
  value       = module.uploads.id
}

output "results_bucket" {
  description = "Bucket for reports, rejects and checkpoints."
  value       = module.results.id
}

output "queue_url" {
  description = "Queue of uploads; null with the direct trigger."
  value       = local.through_queue ? aws_sqs_queue.uploads[0].id : null
}

output "failed_queue_url" {
  description = "Queue of files that could not be imported."
  value       = aws_sqs_queue.failed.id
}

output "failed_queue_arn" {
  description = "ARN of that queue."
  value       = aws_sqs_queue.failed.arn
}

output "function_policy" {
  description = "Policy document with what the importing function may do."
  value       = data.aws_iam_policy_document.function.json
}
