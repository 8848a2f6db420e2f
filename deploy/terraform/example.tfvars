# A small installation: copy, change, and apply with `terraform apply -var-file=my.tfvars`.

name   = "tributary"
region = "eu-central-1"

# The Producer, as the functions reach it from the VPC: the internal load balancer of the cluster.
producer_url              = "http://producer.tributary.internal:8081"
producer_token_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tributary/producer-token-AbCdEf"

# Who may send.
api_callers          = ["shop", "warehouse"]
api_throttle         = { rate = 200, burst = 400 }
api_requests_per_day = 1000000

# Files go through the queue; what came out of them is kept for a quarter of a year.
upload_trigger          = "queue"
upload_expiration_days  = 30
results_expiration_days = 90

# A new account has ten instances in all and cannot reserve any: then set both to -1.
lambda_api_concurrency = 50
lambda_s3_concurrency  = 10

alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:on-call"]
