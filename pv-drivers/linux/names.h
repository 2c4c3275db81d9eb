/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What pv_front.ko exports is known to all the kernel, and must not meet other names there.
 * Included before everything else in each file of the modules.
 */
#ifndef PVKIT_LINUX_NAMES_H
#define PVKIT_LINUX_NAMES_H

#define port_broken         pvkit_port_broken
#define port_log            pvkit_port_log
#define port_alloc          pvkit_port_alloc
#define port_free           pvkit_port_free
#define port_page_alloc     pvkit_port_page_alloc
#define port_page_free      pvkit_port_page_free
#define port_page_address   pvkit_port_page_address
#define port_pages_alloc    pvkit_port_pages_alloc
#define port_page_next      pvkit_port_page_next
#define port_grant          pvkit_port_grant
#define port_grant_end      pvkit_port_grant_end
#define port_grant_end_free pvkit_port_grant_end_free
#define port_event_open     pvkit_port_event_open
#define port_event_close    pvkit_port_event_close
#define port_event_number   pvkit_port_event_number
#define port_event_notify   pvkit_port_event_notify
#define port_lock           pvkit_port_lock
#define port_lock_init      pvkit_port_lock_init
#define port_unlock         pvkit_port_unlock
#define port_store_read     pvkit_port_store_read
#define port_store_write    pvkit_port_store_write
#define port_store_remove   pvkit_port_store_remove
#define front_begin         pvkit_front_begin
#define front_remove        pvkit_front_remove
#define front_step          pvkit_front_step
#define front_step_later    pvkit_front_step_later
#define front_step_wait     pvkit_front_step_wait
#define front_resume        pvkit_front_resume
#define front_look          pvkit_front_look
#define front_register      pvkit_front_register
#define front_unregister    pvkit_front_unregister
#define front_use           pvkit_front_use
#define front_unuse         pvkit_front_unuse
#define front_bus           pvkit_front_bus
#define front_init          pvkit_front_init
#define front_add_ring      pvkit_front_add_ring
#define front_break         pvkit_front_break
#define pool_open           pvkit_pool_open
#define pool_close          pvkit_pool_close
#define pool_grow           pvkit_pool_grow
#define store_number        pvkit_store_number
#define store_read_fields   pvkit_store_read_fields
#define store_write_options pvkit_store_write_options
#define pv_state            pvkit_pv_state
#define pv_free             pvkit_pv_free

#endif
