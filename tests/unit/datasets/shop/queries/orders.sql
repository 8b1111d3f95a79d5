-- name: order_by_id
-- weight: 10
-- Order page.
SELECT * FROM shop.orders WHERE id = 7;
