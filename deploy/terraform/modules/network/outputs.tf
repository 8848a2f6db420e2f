output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one a zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "functions_security_group_id" {
  description = "Security group of the Lambda functions."
  value       = aws_security_group.functions.id
}

output "producer_security_group" {
  description = "Name and id of the security group for the Producer's load balancer."
  value       = { name = aws_security_group.producer.tags["Name"], id = aws_security_group.producer.id }
}
